/** A colour by its place in the palette, or by what it says. */
export type SeriesColor = number | 'good' | 'warn' | 'bad' | 'muted';

const COLORS = 8;

/** The colour as CSS has it: for elements of the page. */
export function seriesColor(color: SeriesColor): string {
  if (color === 'muted') return 'var(--text-2)';
  return typeof color === 'number' ? `var(--series-${color % COLORS})` : `var(--${color})`;
}

/** The colour as a canvas takes it, in the theme of now, with an opacity. */
export function paintColor(color: SeriesColor | 'line', opacity = 1): string {
  const probe = document.createElement('span');
  probe.style.color = color === 'line' ? 'var(--line)' : seriesColor(color);
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  if (opacity === 1) return value;
  return value.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}
