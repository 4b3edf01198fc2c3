import { CodedError, isCodedError } from '#errors';

/** Of Node's network errors and PostgreSQL's SQLSTATEs and Prisma's codes, those that mean "not now". */
const UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '25P03',
  '53300',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
]);

/** pg states some of these without a code, and Prisma states those of raw statements only in the message. */
const UNAVAILABLE_MESSAGE = new RegExp(
  [
    'Connection terminated',
    'timeout exceeded when trying to connect',
    'Server has closed the connection',
    'Client has encountered a connection error',
    'terminating connection due to idle-in-transaction timeout',
    "Can't reach database server",
    'Code: `(?:57P0[123]|53300|080\\d\\d)`',
  ].join('|'),
  'i',
);

/** PostgreSQL's texts cannot hold U+0000, whatever column or comparison they are for. */
const NUL_MESSAGE = /invalid byte sequence for encoding "UTF8": 0x00/;

/**
 * Turns an error of pg or Prisma that means "the database cannot be reached" into `database_unavailable`, and one that the
 * character U+0000 caused into `invalid_value`; every other error is returned as it is.
 */
export function toDatabaseError(error: unknown): unknown {
  if (isCodedError(error)) return error;
  if (error instanceof Error && NUL_MESSAGE.test(error.message)) {
    const message = 'A name or text holds the character U+0000, which cannot be stored or looked for. Leave it out.';
    return new CodedError('invalid_value', message, { cause: error });
  }
  if (!isUnavailable(error)) return error;
  return new CodedError(
    'database_unavailable',
    'The database cannot be reached at the moment; try again in a few seconds.',
    {
      cause: error,
      retryAfterMs: 2000,
    },
  );
}

function isUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string' && UNAVAILABLE.has(code)) return true;
  if (UNAVAILABLE_MESSAGE.test(error.message)) return true;
  if (error instanceof AggregateError && error.errors.some((inner) => isUnavailable(inner, depth + 1))) return true;
  return isUnavailable(error.cause, depth + 1);
}
