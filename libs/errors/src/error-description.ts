/**
 * What the outside world learns from an error code.
 *
 * `status` is the HTTP status, `type` the `error.type` of the OpenAI error shape, `retried` whether the same
 * request can succeed later without being changed (client libraries retry on these statuses by themselves).
 */
export interface ErrorDescription {
  readonly status: number;
  readonly type: ErrorType;
  readonly retried: boolean;
  readonly meaning: string;
}

/** The `error.type` values of the OpenAI error shape that this project answers with. */
export type ErrorType =
  'invalid_request_error' | 'authentication_error' | 'permission_error' | 'rate_limit_error' | 'server_error';
