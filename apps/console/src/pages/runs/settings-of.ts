import { presetOf, type Job } from './run-words.js';

/** A setting and what each run has for it. */
export interface SettingRow {
  readonly name: string;
  readonly values: readonly string[];
  readonly differs: boolean;
}

/** The settings of runs as they were asked for, those that differ first. */
export function settingsOf(runs: readonly Job[], fileNames: ReadonlyMap<string, string>): readonly SettingRow[] {
  const asked = [...new Set(runs.flatMap(({ hyperparameters }) => Object.keys(hyperparameters)))].sort();
  const file = (id: string | null): string => (id === null ? 'held out of the text' : (fileNames.get(id) ?? id));
  const rows = [
    row('preset', runs.map(presetOf)),
    row(
      'text',
      runs.map((run) => file(run.training_file)),
    ),
    row(
      'validation text',
      runs.map((run) => file(run.validation_file)),
    ),
    row(
      'seed',
      runs.map(({ seed }) => String(seed)),
    ),
    ...asked.map((name) =>
      row(
        name,
        runs.map(({ hyperparameters }) => written(hyperparameters[name])),
      ),
    ),
  ];
  return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
}

function row(name: string, values: readonly string[]): SettingRow {
  return { name, values, differs: new Set(values).size > 1 };
}

function written(value: unknown): string {
  if (value === undefined) return 'default';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
