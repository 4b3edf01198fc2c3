import { mkdir, rm } from 'node:fs/promises';

/** Runs `work` with an empty folder at `path` that goes away afterwards, also when a process before was killed at the same work. */
export async function withEmptyFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
