import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '#errors';

/** How long a server that lost its parent may take to begin its shutdown, and then to finish it. */
const NOTICE_MS = 2000;
const SHUTDOWN_MS = 20_000;
const POLL_MS = 25;

/** What a running server writes into its data folder. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready` or `stopping`. */
  readonly status: string;
}

/** Reads `postmaster.pid`; `null` when there is none or it is not written to the end yet. */
export async function readPostmasterFile(data: string): Promise<PostmasterFile | null> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, port, status: lines[7]?.trim() ?? '' };
}

/** The server that runs in a data folder and takes connections; `null` when none does. */
export async function findServer(data: string): Promise<PostmasterFile | null> {
  const file = await readPostmasterFile(data);
  return file?.status === 'ready' && (await isServerOf(data, file.pid)) ? file : null;
}

/**
 * Makes sure that no server runs in a data folder. One that is shutting down, because its parent was killed, is waited
 * for; the file of one that was killed is removed even where another program has been given its process id since.
 *
 * @throws conflict when a server runs there and goes on
 */
export async function assertNoServerRuns(data: string): Promise<void> {
  const noticeEnd = Date.now() + NOTICE_MS;
  const shutdownEnd = Date.now() + SHUTDOWN_MS;
  for (;;) {
    const file = await readPostmasterFile(data);
    if (file === null) return;
    if (!(await isServerOf(data, file.pid))) {
      await rm(join(data, 'postmaster.pid'), { force: true });
      return;
    }
    if (Date.now() > (file.status === 'stopping' ? shutdownEnd : noticeEnd)) {
      throw new CodedError(
        'conflict',
        `Another process already runs PostgreSQL in ${data} (process ${file.pid}, port ${file.port}). ` +
          'Stop it first (Ctrl-C where "npm start" runs), or set DATA_DIR to another folder.',
        { param: 'DATA_DIR' },
      );
    }
    await delay(POLL_MS);
  }
}

async function isServerOf(data: string, pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another account.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (process.platform !== 'linux') return true;
  // The command line names the data folder, and anyone may read it.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(data);
}
