import { toErrorBody } from '#errors';
import type { RunErrorReport } from './child-messages.js';

/** An error of a child process in the form in which its parent keeps it: a code, and what a person can do. */
export function reportOf(error: unknown): RunErrorReport {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    const message =
      'The disk is full, so the process could not write its files. Make room, or set RUNS_DIR to another disk.';
    return { code: 'disk_full', message, param: null };
  }
  const { code, message, param } = toErrorBody(error).error;
  return { code, message, param };
}

/** Sends a message to the parent. Resolves when it is on its way, also when the parent is gone: `disconnect` tells of that. */
export function postToParent(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) {
      resolve();
      return;
    }
    process.send?.(message, undefined, undefined, () => {
      resolve();
    });
  });
}
