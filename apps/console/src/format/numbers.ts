/** What stands where there is no number. */
const NOTHING = '–';

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** `12345` -> `12,345`. */
export function count(value: number | null | undefined): string {
  return isNumber(value) ? GROUPED.format(value) : NOTHING;
}

/** A number of things: `1` -> `1 document`, `12345` -> `12,345 documents`. */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}

/** Three digits and a letter: `4770576` -> `4.77M`. */
export function compact(value: number | null | undefined): string {
  return isNumber(value) ? COMPACT.format(value) : NOTHING;
}

/** With so many digits after the point; numbers that would show as 0 are written with a power of ten. */
export function decimal(value: number | null | undefined, digits = 3): string {
  if (!isNumber(value)) return NOTHING;
  if (value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits) return value.toExponential(1);
  return Math.abs(value) >= 1e5 ? COMPACT.format(value) : value.toFixed(digits);
}

/** Of a share from 0 to 1: `0.2041` -> `20.4%`. */
export function percent(share: number | null | undefined, digits = 1): string {
  return isNumber(share) ? `${(100 * share).toFixed(digits)}%` : NOTHING;
}

/** A difference in percentage points, with its sign: `1.23` -> `+1.2 pts`. */
export function points(value: number | null | undefined, digits = 1): string {
  return isNumber(value) ? `${signed(value, digits)} pts` : NOTHING;
}

/** `-0.5` -> `−0.50`, `0.5` -> `+0.50`. */
export function signed(value: number | null | undefined, digits = 2): string {
  if (!isNumber(value)) return NOTHING;
  const text = decimal(Math.abs(value), digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Powers of 1000: `1234567` -> `1.23 MB`. */
export function bytes(value: number | null | undefined): string {
  if (!isNumber(value)) return NOTHING;
  let rest = value;
  let unit = 0;
  while (rest >= 999.5 && unit < BYTE_UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? rest.toFixed(0) : Number(rest.toPrecision(3)).toString()} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A number per time with its unit: `12.34` -> `12.3 tok/s`. */
export function rate(value: number | null | undefined, unit: string): string {
  if (!isNumber(value)) return NOTHING;
  return `${value >= 100 ? compact(value) : Number(value.toPrecision(3)).toString()} ${unit}`;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
