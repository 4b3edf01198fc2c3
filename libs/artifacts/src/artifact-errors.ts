import { CodedError } from '#errors';
import { isSha256 } from './bundle-manifest.js';

/** The error for bytes that are not there. */
export function artifactMissing(sha256: string, cause?: unknown): CodedError {
  return new CodedError(
    'artifact_missing',
    `The stored file ${sha256} is gone. Restore it from a backup or upload it again.`,
    { cause },
  );
}

/** The error for bytes that are not those that were stored. */
export function artifactCorrupt(expected: string, found: string): CodedError {
  return new CodedError(
    'artifact_corrupt',
    `The stored file ${expected} is damaged (its bytes now have the hash ${found}). Restore it from a backup or upload it again.`,
  );
}

/** The error for a needed bundle whose manifest cannot tell which files it needs. @param place where nothing was removed from */
export function manifestUnreadable(sha256: string, why: 'gone' | 'damaged', place: string): CodedError {
  return new CodedError(
    why === 'gone' ? 'bundle_missing' : 'bundle_corrupt',
    `The manifest ${sha256} of a model bundle that is needed is ${why}, so nobody knows which files it needs: nothing was removed from ${place}. Restore it from a backup.`,
  );
}

/** @throws invalid_value when the text does not name an artifact */
export function assertSha256(text: string): void {
  if (isSha256(text)) return;
  throw new CodedError('invalid_value', `An artifact is named by 64 digits 0-9 and a-f; got ${JSON.stringify(text)}.`);
}
