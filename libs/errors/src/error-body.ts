import { isCodedError } from './coded-error.js';
import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.js';
import type { ErrorType } from './error-description.js';

/** The OpenAI error shape: always these four keys, whatever went wrong. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: ErrorType;
    readonly param: string | null;
    readonly code: ErrorCode;
  };
}

const UNFORESEEN_MESSAGE =
  'The server had an error while processing the request. Try again; if it stays, look for the request id in the log of the server.';

/**
 * The answer body for any thrown value.
 *
 * An error without a code becomes `server_error` with a fixed message: its own text was not written for callers and
 * may name paths, queries or secrets.
 */
export function toErrorBody(error: unknown): ErrorBody {
  if (isCodedError(error)) {
    return { error: { message: error.message, type: error.type, param: error.param, code: error.code } };
  }
  return {
    error: { message: UNFORESEEN_MESSAGE, type: ERROR_CATALOGUE.server_error.type, param: null, code: 'server_error' },
  };
}
