const NOTHING = '–';
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The two largest units: `83000` -> `1 min 23 s`; below a second in milliseconds. */
export function durationMs(value: number | null | undefined): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return NOTHING;
  const ms = Math.max(0, value);
  if (ms < SECOND_MS) return `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return pair(ms, MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS) return pair(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return pair(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

/** How long ago, in one unit: `3 min ago`; for the near future `in 3 min`. */
export function relativeTime(unixSeconds: number, nowMs: number): string {
  const ms = nowMs - unixSeconds * SECOND_MS;
  const size = Math.abs(ms);
  if (size < 10 * SECOND_MS) return 'just now';
  const text =
    size < MINUTE_MS
      ? `${Math.round(size / SECOND_MS)} s`
      : size < HOUR_MS
        ? `${Math.floor(size / MINUTE_MS)} min`
        : size < DAY_MS
          ? `${Math.floor(size / HOUR_MS)} h`
          : `${Math.floor(size / DAY_MS)} d`;
  return ms >= 0 ? `${text} ago` : `in ${text}`;
}

const DATE_TIME = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** In the time zone of the browser: `22 Nov 2026, 21:05:09`. */
export function dateTime(unixSeconds: number | null | undefined): string {
  return typeof unixSeconds === 'number' ? DATE_TIME.format(unixSeconds * SECOND_MS) : NOTHING;
}

function pair(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  let big = Math.floor(ms / large);
  let rest = Math.round((ms - big * large) / small);
  if (rest * small === large) {
    big += 1;
    rest = 0;
  }
  return rest === 0 ? `${big} ${largeUnit}` : `${big} ${largeUnit} ${rest} ${smallUnit}`;
}
