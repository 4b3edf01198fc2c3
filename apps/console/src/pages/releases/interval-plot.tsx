import type { ReactNode } from 'react';
import type { ReleaseMetric } from '../../serving/serving-types.js';
import { intervalText, inUnit } from './release-words.js';

interface IntervalPlotProps {
  readonly unit: ReleaseMetric['unit'];
  readonly limit: number;
  readonly estimate: number | null;
  readonly interval: ReleaseMetric['interval'];
}

const WIDTH = 320;
const HEIGHT = 34;
const MIDDLE = 15;

/** Where the true difference lies, beside the limit above which it is harm. */
export function IntervalPlot({ unit, limit, estimate, interval }: IntervalPlotProps): ReactNode {
  const neutral = unit === 'times' ? 1 : 0;
  const [from, to] = rangeOf(neutral, limit, interval);
  const at = (value: number): number => (WIDTH * (Math.min(to, Math.max(from, value)) - from)) / (to - from);
  const said = `${inUnit(estimate, unit)}; ${intervalText(interval, unit)}; harm is above ${inUnit(limit, unit)}`;
  return (
    <svg className="releases-interval" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
      <title>{said}</title>
      <rect className="releases-interval-harm" x={at(limit)} y={2} width={WIDTH - at(limit)} height={HEIGHT - 8} />
      <line className="releases-interval-axis" x1={0} x2={WIDTH} y1={MIDDLE} y2={MIDDLE} />
      <line className="releases-interval-neutral" x1={at(neutral)} x2={at(neutral)} y1={4} y2={HEIGHT - 8} />
      <line className="releases-interval-limit" x1={at(limit)} x2={at(limit)} y1={2} y2={HEIGHT - 6} />
      {interval !== null && (
        <rect
          className="releases-interval-range"
          data-side={sideOf(limit, interval)}
          x={at(interval.lower)}
          y={MIDDLE - 4}
          width={Math.max(2, at(interval.upper ?? to) - at(interval.lower))}
          height={8}
          rx={4}
        />
      )}
      {estimate !== null && <circle className="releases-interval-value" cx={at(estimate)} cy={MIDDLE} r={5} />}
    </svg>
  );
}

/** What the interval says about harm. */
function sideOf(limit: number, { lower, upper }: NonNullable<ReleaseMetric['interval']>): 'good' | 'bad' | 'open' {
  if (upper !== null && upper <= limit) return 'good';
  return lower > limit ? 'bad' : 'open';
}

/** So wide that limit and interval fit, but never so wide that the limit is lost beside a first, vague interval. */
function rangeOf(neutral: number, limit: number, interval: ReleaseMetric['interval']): readonly [number, number] {
  const margin = Math.max(limit - neutral, 1e-6);
  const reach =
    interval === null ? 0 : Math.max(Math.abs(interval.lower - neutral), Math.abs((interval.upper ?? 0) - neutral));
  const half = Math.min(12 * margin, Math.max(2.2 * margin, 1.15 * reach));
  return neutral === 1 ? [Math.max(0, 1 - half), 1 + half] : [-half, half];
}
