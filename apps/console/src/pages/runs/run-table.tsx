import { useMemo, type ReactNode } from 'react';
import { compact, count, decimal, percent, points, rate } from '../../format/numbers.js';
import { StateBadge } from '../../ui/badge.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Meter } from '../../ui/meter.js';
import { Duration, Time } from '../../ui/time.js';
import { hasEnded, presetOf, runMs, runName, standing, type Job } from './run-words.js';

interface RunTableProps {
  readonly runs: readonly Job[];
  readonly fileNames: ReadonlyMap<string, string>;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: Set<string>) => void;
}

/** Runs, the newest first until somebody sorts them. */
export function RunTable({ runs, fileNames, selected, onSelect }: RunTableProps): ReactNode {
  const columns = useMemo(() => columnsWith(fileNames), [fileNames]);
  return (
    <DataTable
      caption="Training runs"
      rows={runs}
      columns={columns}
      rowKey={({ id }) => id}
      href={({ id }) => `/runs/${encodeURIComponent(id)}`}
      selection={{ selected, onChange: onSelect }}
      storageKey="runs"
    />
  );
}

/** The evaluation whose weights are registered. */
const bestOf = ({ progress }: Job): NonNullable<Job['progress']>['best'] => progress?.best ?? null;

function columnsWith(fileNames: ReadonlyMap<string, string>): readonly Column<Job>[] {
  const fileOf = ({ training_file: id }: Job): string => fileNames.get(id) ?? id;
  return [
    {
      key: 'name',
      title: 'Run',
      cell: (run) => <span className="nowrap">{runName(run)}</span>,
      sortBy: runName,
      phone: 'title',
    },
    { key: 'status', title: 'State', cell: (run) => <Standing run={run} />, sortBy: ({ status }) => status },
    { key: 'preset', title: 'Preset', cell: presetOf, sortBy: presetOf, hidden: true },
    {
      key: 'file',
      title: 'Text',
      cell: (run) => (
        <span className="runs-file clip" title={fileOf(run)}>
          {fileOf(run)}
        </span>
      ),
      sortBy: fileOf,
      phone: 'hide',
    },
    numeric(
      'best',
      'Best loss',
      (run) => bestOf(run)?.validation.loss,
      (value) => decimal(value),
    ),
    {
      ...numeric(
        'perplexity',
        'Perplexity',
        (run) => bestOf(run)?.validation.perplexity,
        (value) => decimal(value, 1),
      ),
      hidden: true,
    },
    numeric(
      'accuracy',
      'Accuracy',
      (run) => bestOf(run)?.validation.top1,
      (value) => percent(value),
    ),
    numeric(
      'gap',
      'Gap',
      (run) => bestOf(run)?.gap_points,
      (value) => points(value),
    ),
    {
      ...numeric(
        'loss',
        'Newest loss',
        ({ progress }) => progress?.evaluation?.validation.loss,
        (value) => decimal(value),
      ),
      hidden: true,
    },
    {
      ...numeric(
        'train',
        'Training loss',
        ({ progress }) => progress?.loss,
        (value) => decimal(value),
      ),
      hidden: true,
    },
    {
      ...numeric(
        'speed',
        'Speed',
        ({ progress }) => progress?.tokens_per_second,
        (value) => rate(value, 'tok/s'),
      ),
      hidden: true,
    },
    { ...numeric('tokens', 'Tokens', ({ trained_tokens: tokens }) => tokens, compact), hidden: true },
    { ...numeric('steps', 'Steps', ({ progress }) => progress?.step, count), hidden: true },
    {
      key: 'time',
      title: 'Took',
      cell: (run) => (
        <span className="nowrap">
          <Duration ms={runMs(run)} />
        </span>
      ),
      sortBy: runMs,
      align: 'end',
    },
    {
      key: 'created',
      title: 'Asked for',
      cell: ({ created_at: at }) => (
        <span className="nowrap">
          <Time at={at} />
        </span>
      ),
      sortBy: ({ created_at: at }) => at,
      align: 'end',
    },
    { ...numeric('seed', 'Seed', ({ seed }) => seed, String), hidden: true },
    { ...numeric('attempts', 'Attempts', ({ attempts }) => attempts, count), hidden: true },
  ];
}

function numeric(
  key: string,
  title: string,
  read: (run: Job) => number | null | undefined,
  format: (value: number) => string,
): Column<Job> {
  return {
    key,
    title,
    cell: (run) => {
      const value = read(run);
      return value === null || value === undefined ? (
        <span className="muted">–</span>
      ) : (
        <span className="nowrap">{format(value)}</span>
      );
    },
    sortBy: (run) => read(run) ?? null,
    align: 'end',
  };
}

function Standing({ run }: { readonly run: Job }): ReactNode {
  const { status, progress } = run;
  if (hasEnded(run) || progress === null || progress.fraction === 0) {
    return (
      <span title={standing(run)}>
        <StateBadge state={status} />
      </span>
    );
  }
  return (
    <div className="runs-standing" title={standing(run)}>
      <StateBadge state={status} />
      <Meter value={progress.fraction} max={1} label={`Progress of ${runName(run)}`} />
      <span className="muted small">{percent(progress.fraction, 0)}</span>
    </div>
  );
}
