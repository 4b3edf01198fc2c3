import { useMemo, type ReactNode } from 'react';
import { Chart } from '../../charts/chart.js';
import { percent } from '../../format/numbers.js';
import type { ReleaseSeries } from '../../serving/serving-types.js';
import { Columns } from '../../ui/page.js';
import { metricName } from './release-words.js';

interface MetricChartsProps {
  readonly series: ReleaseSeries;
  readonly metric: ReleaseSeries['metrics'][number];
}

const X = { kind: 'time', label: 'time' } as const;
const SYNC = 'release';

/** The value of a metric with its interval, and the evidence for each decision, as they moved. */
export function MetricCharts({ series, metric }: MetricChartsProps): ReactNode {
  const { at: xs } = series;
  const { unit, limit, level, bounds, estimate, lower, upper, rollback, promotion, change } = metric;
  const value = useMemo(
    () => [{ id: 'estimate', label: 'value', points: { xs, ys: estimate }, band: { lower, upper } }],
    [xs, estimate, lower, upper],
  );
  const evidence = useMemo(
    () =>
      [
        { id: 'rollback', label: 'for a rollback', points: { xs, ys: rollback }, color: 'bad' as const },
        { id: 'promotion', label: 'for promotion', points: { xs, ys: promotion }, color: 'good' as const },
        { id: 'change', label: 'of a change since promotion', points: { xs, ys: change }, color: 'warn' as const },
      ].filter(({ points }) => points.ys.some((y) => y !== null)),
    [xs, rollback, promotion, change],
  );
  const limits = useMemo(() => [{ y: limit, label: 'harm is above', tone: 'bad' as const }], [limit]);
  const decides = useMemo(
    () => [
      ...(bounds.rollback === null ? [] : [{ y: bounds.rollback, label: 'rolls back', tone: 'bad' as const }]),
      ...(bounds.promotion === null ? [] : [{ y: bounds.promotion, label: 'promotes', tone: 'good' as const }]),
    ],
    [bounds.rollback, bounds.promotion],
  );
  const y = useMemo(
    () => ({ label: metricName(metric.metric), unit: unit === 'times' ? 'times the incumbent' : 'nats per token' }),
    [metric.metric, unit],
  );
  return (
    <Columns min={380}>
      <Chart
        title={`${metricName(metric.metric)}, with its interval at ${percent(level, 0)}`}
        series={value}
        x={X}
        y={y}
        height={220}
        sync={SYNC}
        lines={limits}
      />
      <Chart
        title="Evidence for each decision, as a logarithm"
        series={evidence}
        x={X}
        y={EVIDENCE}
        height={220}
        sync={SYNC}
        lines={decides}
      />
    </Columns>
  );
}

const EVIDENCE = { label: 'evidence', unit: 'nats' } as const;
