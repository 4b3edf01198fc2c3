import type { Answer } from '../../../api/client.js';

type CurveAnswer = Answer<'/v1/fine_tuning/jobs/{id}/metrics'>;

/** Name of a number that a run measures. */
export type MetricName = keyof CurveAnswer['columns'];

/** What is known of the course of a run: columns as long as `steps`. Never changed: one that is longer is another one. */
export interface RunCurve {
  readonly steps: readonly number[];
  /** Unix time in seconds. */
  readonly at: readonly number[];
  readonly columns: Readonly<Record<MetricName, readonly (number | null)[]>>;
  /** What to ask for more after; null before there is anything. */
  readonly lastId: string | null;
  /** Points that the run has told, those that were left out included. */
  readonly told: number;
}

/** What an answer adds to what is known. A step that is told again, after a run went on from a saved state, has its newest numbers. */
export function extendCurve(known: RunCurve | null, answer: CurveAnswer): RunCurve {
  const added = toCurve(answer);
  if (known === null || known.steps.length === 0) return added;
  const lastId = added.lastId ?? known.lastId;
  if (added.steps.length === 0) return lastId === known.lastId ? known : { ...known, lastId };
  const told = known.told + added.told;
  const isLater = (added.steps[0] ?? 0) > (known.steps.at(-1) ?? 0);
  return { ...(isLater ? appended(known, added) : merged(known, added)), lastId, told };
}

function toCurve({ steps, at, columns, last_id, told }: CurveAnswer): RunCurve {
  return { steps, at, columns, lastId: last_id, told };
}

type Points = Pick<RunCurve, 'steps' | 'at' | 'columns'>;

function appended(known: RunCurve, added: RunCurve): Points {
  return {
    steps: [...known.steps, ...added.steps],
    at: [...known.at, ...added.at],
    columns: mapColumns(known, (name) => [...known.columns[name], ...added.columns[name]]),
  };
}

function merged(known: RunCurve, added: RunCurve): Points {
  const steps = [...new Set([...known.steps, ...added.steps])].sort((a, b) => a - b);
  const before = new Map(known.steps.map((step, index) => [step, index]));
  const now = new Map(added.steps.map((step, index) => [step, index]));
  const pick = (step: number, old: Numbers, fresh: Numbers): number | null =>
    valueAt(fresh, now.get(step)) ?? valueAt(old, before.get(step));
  return {
    steps,
    at: steps.map((step) => pick(step, known.at, added.at) ?? 0),
    columns: mapColumns(known, (name) => steps.map((step) => pick(step, known.columns[name], added.columns[name]))),
  };
}

type Numbers = readonly (number | null)[];

function valueAt(numbers: Numbers, index: number | undefined): number | null {
  return index === undefined ? null : (numbers[index] ?? null);
}

function mapColumns(
  { columns }: RunCurve,
  make: (name: MetricName) => readonly (number | null)[],
): RunCurve['columns'] {
  const names = Object.keys(columns) as MetricName[];
  return Object.fromEntries(names.map((name) => [name, make(name)])) as unknown as RunCurve['columns'];
}
