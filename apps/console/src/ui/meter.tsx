import type { ReactNode } from 'react';

interface MeterProps {
  readonly value: number;
  readonly max: number;
  /** What it measures. */
  readonly label: string;
  readonly tone?: 'good' | 'warn' | 'bad';
  /** A limit on the same scale. */
  readonly mark?: number;
  /** The value in words; a share of the whole when left out. */
  readonly text?: string;
}

/** A bar that is so far full. */
export function Meter({ value, max, label, tone, mark, text }: MeterProps): ReactNode {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    <div
      className="meter"
      data-tone={tone}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(max, Math.max(0, value))}
      aria-valuetext={text ?? `${Math.round(100 * share)}%`}
    >
      <div className="meter-fill" style={{ width: `${100 * share}%` }} />
      {mark !== undefined && max > 0 && (
        <div className="meter-mark" style={{ left: `${100 * Math.min(1, mark / max)}%` }} />
      )}
    </div>
  );
}
