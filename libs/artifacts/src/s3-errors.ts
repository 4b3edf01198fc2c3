import { CodedError, isCodedError } from '#errors';

/** Whether a store says that there is no such object; that there is no such bucket is something else. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && ['NoSuchKey', 'NotFound'].includes(error.name);
}

/** Answers that are the same however often one asks. */
const REFUSALS = [301, 400, 401, 403, 404, 405, 411, 412, 501];
/** Of these, the ones that pass: a request that came too slowly or was damaged on the way. */
const PASSING = ['RequestTimeout', 'BadDigest', 'XAmzContentChecksumMismatch', 'SlowDown', 'Throttling'];

/** Turns an error of the client into one that says what to do; one that has a code already is returned as it is. */
export function toStoreError(error: unknown, place: string): CodedError {
  if (isCodedError(error)) return error;
  const reason = reasonOf(error);
  if (isRefusal(error)) {
    return new CodedError(
      'artifact_store_refused',
      `The artifact store, ${place}, refused a request: ${reason}. Check S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_PATH_STYLE and the access key, which must be allowed to read, write, list and delete.`,
      { param: 'S3_BUCKET', cause: error },
    );
  }
  return new CodedError(
    'artifact_store_unavailable',
    `The artifact store, ${place}, cannot be reached at the moment: ${reason}. It is tried again.`,
    { cause: error, retryAfterMs: 2_000 },
  );
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || PASSING.includes(error.name)) return false;
  if (error.name === 'CredentialsProviderError') return true;
  return REFUSALS.includes(statusOf(error) ?? 0);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status = statusOf(error);
  const told = error.message && error.message !== 'UnknownError' ? error.message : error.name;
  return `${told.replace(/\.$/, '')}${status === undefined ? '' : ` (${error.name}, ${status})`}`;
}

function statusOf(error: Error): number | undefined {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return metadata?.httpStatusCode;
}
