/** What a key may use of each replica, as it is written in a form: null takes the default of the server. */
export interface KeyLimits {
  readonly requests_per_minute: number | null;
  readonly tokens_per_minute: number | null;
  readonly concurrent_requests: number | null;
}

/** The limits with their names for people. */
export const LIMIT_FIELDS = [
  ['requests_per_minute', 'Requests per minute'],
  ['tokens_per_minute', 'Tokens per minute'],
  ['concurrent_requests', 'Requests at once'],
] as const satisfies readonly (readonly [keyof KeyLimits, string])[];
