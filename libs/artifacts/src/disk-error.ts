import { CodedError } from '#errors';

/** Whether an error of the file system has one of these codes. */
export function hasDiskCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Turns an error of writing below `folder` into one that says what to do; every other error is returned as it is. */
export function toDiskError(error: unknown, folder: string): unknown {
  if (hasDiskCode(error, 'ENOSPC', 'EDQUOT')) {
    return new CodedError(
      'disk_full',
      `The disk of ${folder} is full. Make room, or set ARTIFACT_DIR to a folder on another disk.`,
      {
        cause: error,
      },
    );
  }
  if (hasDiskCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR')) {
    return new CodedError(
      'folder_unwritable',
      `${folder} cannot be written to: ${(error as Error).message}. Set ARTIFACT_DIR to a folder that may be.`,
      {
        param: 'ARTIFACT_DIR',
        cause: error,
      },
    );
  }
  return error;
}
