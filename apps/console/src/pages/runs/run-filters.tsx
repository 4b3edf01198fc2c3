import type { ReactNode } from 'react';
import { SelectField, TextField } from '../../ui/inputs.js';
import type { RunFilter } from './filter-runs.js';
import { presetOf, type Job } from './run-words.js';

interface RunFiltersProps {
  readonly runs: readonly Job[];
  readonly filter: RunFilter;
  readonly onText: (text: string) => void;
  readonly onStatus: (status: string) => void;
  readonly onPreset: (preset: string) => void;
}

/** What the table of runs shows; the choices are those that there are. */
export function RunFilters({ runs, filter, onText, onStatus, onPreset }: RunFiltersProps): ReactNode {
  const { text, status, preset } = filter;
  return (
    <div className="runs-filters" role="search" aria-label="Runs">
      <TextField label="Find" type="search" placeholder="name, model, file, metadata" value={text} onChange={onText} />
      <SelectField
        label="State"
        value={status}
        onChange={onStatus}
        options={choices(
          runs.map((run) => run.status),
          status,
        )}
      />
      <SelectField label="Preset" value={preset} onChange={onPreset} options={choices(runs.map(presetOf), preset)} />
    </div>
  );
}

function choices(values: readonly string[], chosen: string): (readonly [string, string])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (chosen !== '' && !counts.has(chosen)) counts.set(chosen, 0);
  const each = [...counts].map(([value, count]) => [value, `${value.replaceAll('_', ' ')} (${count})`] as const);
  return [['', `all (${values.length})`], ...each];
}
