import { presetOf, runName, type Job } from './run-words.js';

/** What a person looks for. '' lets everything through. */
export interface RunFilter {
  /** Words, each of which must stand in the name, an id, the model, the file's name or the metadata of a run. */
  readonly text: string;
  readonly status: string;
  readonly preset: string;
}

/** The runs that a filter lets through, in their order. */
export function filterRuns(
  runs: readonly Job[],
  { text, status, preset }: RunFilter,
  fileNames: ReadonlyMap<string, string>,
): readonly Job[] {
  const words = text.toLowerCase().split(/\s+/u).filter(Boolean);
  return runs.filter(
    (run) =>
      (status === '' || run.status === status) &&
      (preset === '' || presetOf(run) === preset) &&
      (words.length === 0 || hasWords(textOf(run, fileNames), words)),
  );
}

function textOf(run: Job, fileNames: ReadonlyMap<string, string>): string {
  const { id, model, fine_tuned_model: made, training_file: file, metadata } = run;
  const texts = [
    runName(run),
    id,
    model,
    made ?? '',
    file,
    fileNames.get(file) ?? '',
    ...Object.entries(metadata).flat(),
  ];
  return texts.join(' ').toLowerCase();
}

function hasWords(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}
