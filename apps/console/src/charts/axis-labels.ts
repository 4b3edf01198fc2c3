const MINUTE = 60;
const DAY = 86_400;

const SECONDS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MINUTES = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAYS = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** What stands at the marks of an axis of times: as exact as the marks are close. */
export function timeLabels(unixSeconds: readonly number[], apart: number): string[] {
  const format = apart < MINUTE ? SECONDS : apart < DAY ? MINUTES : DAYS;
  let day = '';
  return unixSeconds.map((at, index) => {
    const text = format.format(at * 1000);
    if (apart >= DAY) return text;
    const before = day;
    day = DAYS.format(at * 1000);
    return index > 0 && day !== before ? `${text}\n${day}` : text;
  });
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });

/** What stands at the marks of an axis of numbers; null where a mark has none. */
export function numberLabels(values: readonly (number | null)[]): string[] {
  return values.map((value) => {
    if (value === null) return '';
    const size = Math.abs(value);
    if (size !== 0 && size < 0.001) return value.toExponential(0);
    return size < 1000 ? String(Number(value.toPrecision(6))) : COMPACT.format(value);
  });
}
