import type { ReactNode } from 'react';

interface IntervalBarProps {
  readonly label: string;
  /** Positive numbers are a gain. */
  readonly interval: { readonly estimate: number; readonly low: number; readonly high: number };
  /** The same in words. */
  readonly text: string;
}

/** An estimate with its interval on a scale that has 0 in its middle. */
export function IntervalBar({ label, interval, text }: IntervalBarProps): ReactNode {
  const { estimate, low, high } = interval;
  const reach = 1.15 * Math.max(Math.abs(low), Math.abs(high), Number.EPSILON);
  const at = (value: number): number => 50 + (50 * value) / reach;
  const tone = low > 0 ? 'good' : high < 0 ? 'bad' : 'neutral';
  return (
    <div className="experiments-interval">
      <span className="muted">{label}</span>
      <div className="experiments-scale" data-tone={tone} role="img" aria-label={`${label}: ${text}`}>
        <span className="experiments-zero" />
        <span
          className="experiments-range"
          style={{ left: `${at(low)}%`, width: `${Math.max(0.5, at(high) - at(low))}%` }}
        />
        <span className="experiments-estimate" style={{ left: `${at(estimate)}%` }} />
      </div>
      <span className="num">{text}</span>
    </div>
  );
}
