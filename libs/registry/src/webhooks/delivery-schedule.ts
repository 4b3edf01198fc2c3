const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long is waited after each failed attempt. All together a little more than a day, so that a receiver may be down for one. */
const WAITS_MS = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  12 * HOUR_MS,
];

/** How long to wait after the given attempt, counted from 1, has failed; null when there is none after it. */
export function retryWaitMs(attempt: number): number | null {
  return WAITS_MS[attempt - 1] ?? null;
}
