import { statfs } from 'node:fs/promises';

/** Room on a disk, in bytes. */
export interface DiskSpace {
  /** What a process without special rights can still write. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** The disk that a folder is on; null while the folder does not exist. */
export async function diskSpace(folder: string): Promise<DiskSpace | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  } catch {
    return null;
  }
}
