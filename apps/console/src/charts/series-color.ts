/** A colour by its place in the palette, or by what it says. */
export type SeriesColor = number | 'good' | 'warn' | 'bad' | 'muted';

const COLORS = 8;

/** The colour as CSS has it: for elements of the page. */
export function seriesColor(color: SeriesColor): string {
  if (color === 'muted') return 'var(--text-2)';
  return typeof color === 'number' ? `var(--series-${color % COLORS})` : `var(--${color})`;
}

/** Colours that were looked up, by theme: asking the page for one makes it work out its styles. */
const painted = new Map<string, string>();

/** The colour as a canvas takes it, in the theme of now, with an opacity. */
export function paintColor(color: SeriesColor | 'line', opacity = 1): string {
  const name = color === 'line' ? 'var(--line)' : seriesColor(color);
  const key = `${document.documentElement.dataset['theme'] ?? ''} ${name}`;
  const value = painted.get(key) ?? lookUp(name);
  painted.set(key, value);
  if (opacity === 1) return value;
  return value.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}

function lookUp(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = name;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
