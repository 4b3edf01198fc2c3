import { isCodedError } from '#errors';

/** An error as fields of a log line: one that was foreseen by what it says, any other with its stack. */
export function briefError(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return isCodedError(error) ? { reason: `${error.code}: ${error.message}` } : { err: error };
}
