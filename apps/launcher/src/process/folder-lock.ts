import { readFileSync, rmSync } from 'node:fs';
import { link, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';

/** Keeps a second launcher out of a data folder while this one lives. */
export interface FolderLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** When the process started, where the system tells: a pid is used again, a pid with its start is not. */
  readonly started: string | null;
}

/**
 * Takes the lock of a data folder; one left by a process that is gone is taken over.
 *
 * @throws conflict naming the process that holds it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'launcher.lock');
  const own: Holder = { pid: process.pid, started: readStart(process.pid) };
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(own));
  try {
    // Linking a complete file is atomic: nobody ever reads half a lock, and only one of two gets it.
    while (!(await tryLink(draft, path))) {
      const holder = await readHolder(path);
      if (holder !== null && isAlive(holder)) {
        throw new CodedError(
          'conflict',
          `The data folder ${folder} is in use by another npm start (process ${holder.pid}). Stop that one, or choose another folder and ports: npm start -- --data-dir FOLDER --generator-port N --trainer-port N`,
        );
      }
      await rm(path, { force: true });
    }
  } finally {
    await unlink(draft);
  }
  return { release: () => rmSync(path, { force: true }) };
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return started === null || readStart(pid) === started;
}

/** Field 22 of /proc/PID/stat: clock ticks from the start of the system to that of the process. */
function readStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
