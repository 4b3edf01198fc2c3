import type { ReactNode } from 'react';

const WIDTH = 96;
const HEIGHT = 24;

/** A curve the size of a word. */
export function Trend({ values, label }: { readonly values: readonly number[]; readonly label: string }): ReactNode {
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const step = WIDTH / Math.max(1, values.length - 1);
  const corners = values.map((value, index) => {
    const y = HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <polyline points={corners.join(' ')} fill="none" stroke="var(--series-0)" strokeWidth="1.5" />
    </svg>
  );
}
