import { useMemo, type ReactNode } from 'react';
import type { ChartSeries } from '../../charts/chart-series.js';
import { Chart } from '../../charts/chart.js';
import { count, percent } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import type { ReleaseSeries } from '../../serving/serving-types.js';
import { Columns } from '../../ui/page.js';

type Arm = ReleaseSeries['arms']['candidate'];

const X = { kind: 'time', label: 'time' } as const;
const MS = { label: 'time of a request', unit: 'ms', min: 0 } as const;
const REQUESTS = { label: 'requests', min: 0, format: (value: number) => count(value) } as const;

/** Requests, failures and times of candidate and incumbent. */
export function ArmCharts({ series }: { readonly series: ReleaseSeries }): ReactNode {
  const { at: xs, arms } = series;
  const times = useMemo(() => both(xs, arms.candidate.mean_ms, arms.incumbent.mean_ms), [xs, arms]);
  const requests = useMemo(() => both(xs, arms.candidate.requests, arms.incumbent.requests), [xs, arms]);
  return (
    <>
      <div className="releases-arms">
        <ArmFacts name="Candidate" arm={arms.candidate} />
        <ArmFacts name="Incumbent" arm={arms.incumbent} />
      </div>
      <Columns min={380}>
        <Chart title="Requests" series={requests} x={X} y={REQUESTS} height={180} sync="release" />
        <Chart title="Mean time of a request" series={times} x={X} y={MS} height={180} sync="release" />
      </Columns>
    </>
  );
}

function both(
  xs: readonly number[],
  candidate: readonly (number | null)[],
  incumbent: readonly (number | null)[],
): readonly ChartSeries[] {
  return [
    { id: 'candidate', label: 'candidate', points: { xs, ys: candidate }, color: 0 },
    { id: 'incumbent', label: 'incumbent', points: { xs, ys: incumbent }, color: 'muted' },
  ];
}

function ArmFacts({ name, arm }: { readonly name: string; readonly arm: Arm }): ReactNode {
  const { requests, errors, late, mean_ms: times } = arm;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const all = sum(requests);
  const share = (values: readonly number[]): string => (all === 0 ? '–' : percent(sum(values) / all, 2));
  // Weighted by the requests of each point, as the mean of all of them is.
  const weighed = times.reduce<readonly [number, number]>(
    ([total, weight], time, index) =>
      time === null ? [total, weight] : [total + time * (requests[index] ?? 0), weight + (requests[index] ?? 0)],
    [0, 0],
  );
  return (
    <div>
      <h3>{name}</h3>
      <p className="num">
        {count(all)} requests, {count(sum(errors))} failed ({share(errors)}), {count(sum(late))} late ({share(late)}),{' '}
        {weighed[1] === 0 ? 'none timed' : `${durationMs(weighed[0] / weighed[1])} on average`}
      </p>
    </div>
  );
}
