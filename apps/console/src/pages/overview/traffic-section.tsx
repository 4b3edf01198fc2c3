import { useMemo, type ReactNode } from 'react';
import type { ChartSeries } from '../../charts/chart-series.js';
import { Chart } from '../../charts/chart.js';
import { decimal, percent } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { Columns, Section } from '../../ui/page.js';
import { Stat, Stats } from '../../ui/stat.js';
import type { Overview } from './overview.js';

const TIME = { kind: 'time', label: 'time' } as const;
const TOKENS = { label: 'tokens', unit: 'tokens/s', min: 0, format: tokenRate };
const REQUESTS = { label: 'requests', unit: 'requests/s', min: 0, format: (value: number) => decimal(value, 2) };
const LATENCY = { label: 'latency', unit: 'ms', min: 0, format: (value: number) => durationMs(value) };

/** Whole numbers, but where little is asked. */
function tokenRate(value: number): string {
  return decimal(value, value < 10 ? 2 : 0);
}

type Point = Overview['traffic']['points'][number];

/** What was asked and answered in the last hour, by all replicas together. */
export function TrafficSection({ overview: { traffic } }: { readonly overview: Overview }): ReactNode {
  const { recent, points } = traffic;
  const series = useMemo(
    () => ({
      tokens: [line('tokens', 'generated', points, (point) => point.completion_tokens_per_second)],
      requests: [line('requests', 'requests', points, (point) => point.requests_per_second)],
      latency: [
        line('p50', 'median', points, (point) => point.p50_ms),
        line('p95', '95%', points, (point) => point.p95_ms),
      ],
    }),
    [points],
  );
  return (
    <Section title="Traffic" note="All replicas; numbers of the last minute, charts of the last hour.">
      <Stats>
        <Stat label="Requests" value={decimal(recent.requests_per_second, 2)} unit="per s" />
        <Stat label="Generated" value={tokenRate(recent.completion_tokens_per_second)} unit="tokens/s" />
        <Stat label="Read" value={tokenRate(recent.prompt_tokens_per_second)} unit="tokens/s" />
        <Stat label="Latency, median" value={durationMs(recent.p50_ms)} hint={`95%: ${durationMs(recent.p95_ms)}`} />
        <Stat
          label="Failed"
          value={percent(recent.failed_share, 2)}
          {...((recent.failed_share ?? 0) > 0 && { tone: 'bad' as const })}
        />
      </Stats>
      <Columns min={300}>
        <Chart title="Generated" series={series.tokens} x={TIME} y={TOKENS} height={150} sync="overview" />
        <Chart title="Requests" series={series.requests} x={TIME} y={REQUESTS} height={150} sync="overview" />
        <Chart title="Latency" series={series.latency} x={TIME} y={LATENCY} height={150} sync="overview" />
      </Columns>
    </Section>
  );
}

function line(id: string, label: string, points: readonly Point[], read: (point: Point) => number | null): ChartSeries {
  return { id, label, points: { xs: points.map(({ at }) => at), ys: points.map(read) } };
}
