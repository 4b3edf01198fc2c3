import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.js';
import type { ErrorType } from './error-description.js';

/** What a {@link CodedError} may carry besides its code and message. */
export interface CodedErrorOptions {
  /** The request field, variable or file that is at fault; `error.param` of the answer. */
  readonly param?: string | null;
  readonly cause?: unknown;
  /** When trying again makes sense, measured, in milliseconds; becomes `Retry-After`. */
  readonly retryAfterMs?: number;
}

/**
 * An error that a person or a client can act on.
 *
 * The message says what was wrong, the limit, the value given and what to do; it may be shown to the caller, so no
 * secret belongs in it.
 *
 * @example
 * throw new CodedError('invalid_value', 'temperature must be between 0 and 2; got 3.', { param: 'temperature' });
 */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The HTTP status that the catalogue gives this code. */
  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  /** The `error.type` that the catalogue gives this code. */
  get type(): ErrorType {
    return ERROR_CATALOGUE[this.code].type;
  }
}

/** Whether `error` is a {@link CodedError}; with `code`, whether it is one with this code. */
export function isCodedError(error: unknown, code?: ErrorCode): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}

/** Whether `value` is a code of the catalogue: for codes that arrive from a child process or a database row. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CATALOGUE, value);
}
