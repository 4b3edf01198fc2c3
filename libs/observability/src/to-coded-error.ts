import { HttpException } from '@nestjs/common';
import { CodedError, isCodedError, type ErrorCode } from '#errors';

/** Where a status says all that is known: what frameworks throw without a code of ours. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_value',
  401: 'invalid_api_key',
  403: 'insufficient_scope',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  429: 'rate_limit_exceeded',
};

/**
 * What a thrown value means to the caller, or `null` when nobody foresaw it (then the answer is a 500 that says nothing).
 *
 * Knows coded errors, Nest's `HttpException` and the errors that Fastify finds before a handler runs.
 * @param maxBodyBytes the limit to name when a body was too large
 */
export function toCodedError(thrown: unknown, maxBodyBytes: number): CodedError | null {
  if (isCodedError(thrown)) return thrown;
  if (!(thrown instanceof HttpException)) return isFastifyError(thrown) ? fromFastify(thrown, maxBodyBytes) : null;
  if (isCodedError(thrown.cause)) return thrown.cause;
  if (isFastifyError(thrown.cause)) return fromFastify(thrown.cause, maxBodyBytes);
  const status = thrown.getStatus();
  if (status >= 500) return null;
  const code = CODE_OF_STATUS[status] ?? 'invalid_value';
  // Nest's words for an unknown route are "Cannot GET /path".
  const message =
    status === 404 ? `There is no such endpoint: ${thrown.message}. GET /docs lists what there is.` : thrown.message;
  return new CodedError(code, message, { cause: thrown });
}

interface FastifyErrorLike extends Error {
  readonly code: string;
  readonly statusCode: number;
}

function isFastifyError(value: unknown): value is FastifyErrorLike {
  if (!(value instanceof Error) || !('code' in value) || !('statusCode' in value)) return false;
  return typeof value.code === 'string' && value.code.startsWith('FST_') && typeof value.statusCode === 'number';
}

function fromFastify(error: FastifyErrorLike, maxBodyBytes: number): CodedError | null {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new CodedError(
        'body_too_large',
        `The request body is larger than the limit of ${maxBodyBytes} bytes (MAX_BODY_BYTES). Send less text per request.`,
        { cause: error },
      );
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new CodedError('invalid_json', 'The request body is not valid JSON. Check quotes, commas and brackets.', {
        cause: error,
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new CodedError(
        'unsupported_media_type',
        'Unsupported content type. Send the header "content-type: application/json".',
        {
          cause: error,
        },
      );
    default:
      if (error.statusCode >= 500) return null;
      return new CodedError(CODE_OF_STATUS[error.statusCode] ?? 'invalid_value', `${error.message}.`, { cause: error });
  }
}
