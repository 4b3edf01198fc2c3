import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '#errors';
import { choosePostgresAccount, findUnreachableFolder, type PostgresAccount } from './postgres-account.js';

/** Where data goes when PostgreSQL's account cannot enter the folder that was asked for. */
const REACHABLE_FOLDER = '/var/lib/understudy';
const UNFINISHED_MAXIMUM_AGE_MS = 600_000;

/** A folder with a cluster: `data`, `password` and `postgres.log`. */
export interface PostgresHome {
  readonly folder: string;
  readonly account: PostgresAccount;
  readonly password: string;
  /** The folder with `bin`, `lib` and `share`. */
  readonly programs: string;
}

/** The superuser and the database of an embedded cluster. */
export const POSTGRES_NAME = 'understudy';

/**
 * Goes on with the cluster in `folder` or makes one there. As root, where PostgreSQL's own account cannot enter the
 * folder, the cluster lies in /var/lib/understudy and `folder` is a link to it.
 */
export async function preparePostgresHome(folder: string, programs: string): Promise<PostgresHome> {
  const account = await choosePostgresAccount(join(folder, 'data'));
  const reachable = await copyWhenUnreachable(programs, account);
  if (!(await exists(join(folder, 'data/PG_VERSION')))) await createHome(folder, reachable, account);
  const home = await realpath(folder);
  const unreachable = findUnreachableFolder(home, account);
  if (unreachable !== null) throw unreachableError(folder, unreachable, account);
  return {
    folder: home,
    account,
    password: (await readFile(join(home, 'password'), 'utf8')).trim(),
    programs: reachable,
  };
}

async function createHome(folder: string, programs: string, account: PostgresAccount): Promise<void> {
  await refuseForeignContent(folder);
  const parent = dirname(folder);
  try {
    await mkdir(parent, { recursive: true });
    await removeUnfinished(parent, basename(folder));
    if (findUnreachableFolder(await realpath(parent), account) === null) {
      await createCluster(folder, programs, account);
    } else {
      const elsewhere = join(REACHABLE_FOLDER, `postgres-${randomBytes(6).toString('hex')}`);
      await mkdir(REACHABLE_FOLDER, { recursive: true, mode: 0o755 });
      await createCluster(elsewhere, programs, account);
      // Another start may have been faster; its cluster is as good.
      await symlink(elsewhere, folder).catch(async (error: unknown) => {
        await rm(elsewhere, { recursive: true, force: true });
        if (!hasCode(error, 'EEXIST')) throw error;
      });
    }
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR')) {
      throw new CodedError(
        'folder_unwritable',
        `PostgreSQL's data cannot be kept in ${folder}: ${(error as Error).message}. Set DATA_DIR to a folder that you may write to.`,
        { param: 'DATA_DIR', cause: error },
      );
    }
    if (hasCode(error, 'ENOSPC')) {
      throw new CodedError(
        'disk_full',
        `The disk has no room for PostgreSQL's data in ${folder}; about 100 MB are needed. Make room or set DATA_DIR to another disk.`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** The cluster and its password come into being in one step, by a rename, so that a crash or a second start leaves no half of it. */
async function createCluster(folder: string, programs: string, account: PostgresAccount): Promise<void> {
  const unfinished = `${folder}.new-${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(join(unfinished, 'data'), { recursive: true });
    await chmod(unfinished, 0o755);
    const password = randomBytes(24).toString('hex');
    await writeFile(join(unfinished, 'password'), `${password}\n`, { mode: 0o600 });
    if (account !== null) {
      for (const name of ['data', 'password']) await chown(join(unfinished, name), account.uid, account.gid);
    }
    await initialise(unfinished, programs, account);
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function initialise(folder: string, programs: string, account: PostgresAccount): Promise<void> {
  const data = join(folder, 'data');
  const options = [
    `--pgdata=${data}`,
    `--username=${POSTGRES_NAME}`,
    `--pwfile=${join(folder, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
  const child = spawn(join(programs, 'bin/initdb'), options, {
    ...identity(account),
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (status === 0) return;
  if (/No space left on device/i.test(output)) throw Object.assign(new Error(output.trim()), { code: 'ENOSPC' });
  throw new CodedError('database_unavailable', `PostgreSQL could not make its data in ${data}: ${output.trim()}`);
}

/** npm may have installed the programs below a folder that the account cannot enter, such as /root. */
async function copyWhenUnreachable(programs: string, account: PostgresAccount): Promise<string> {
  const installed = await realpath(programs);
  if (findUnreachableFolder(join(installed, 'bin'), account) === null) return installed;
  const { version } = JSON.parse(await readFile(join(installed, '../package.json'), 'utf8')) as { version: string };
  const copy = join(REACHABLE_FOLDER, `programs-${version}`);
  if (await exists(copy)) return copy;
  const unfinished = `${copy}.new-${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(REACHABLE_FOLDER, { recursive: true, mode: 0o755 });
    await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, copy).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return copy;
}

async function refuseForeignContent(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  if (entries.length === 0) {
    // A link whose target was removed would make the rename and the new link fail.
    if ((await lstat(folder).catch(() => null))?.isSymbolicLink() && !(await exists(folder))) await rm(folder);
    return;
  }
  throw new CodedError(
    'folder_unwritable',
    `${folder} holds other files (${entries.slice(0, 3).join(', ')}) and no PostgreSQL data. Move them away or set DATA_DIR to another folder.`,
    { param: 'DATA_DIR' },
  );
}

/** A start that was killed while it made a cluster leaves its folder behind. */
async function removeUnfinished(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`${name}.new-`)) continue;
    const path = join(parent, entry);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (age > UNFINISHED_MAXIMUM_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

function unreachableError(folder: string, unreachable: string, account: PostgresAccount): CodedError {
  const name = account?.name ?? 'postgres';
  return new CodedError(
    'folder_unwritable',
    `PostgreSQL does not run as root but as the account ${name}, which cannot enter ${unreachable}, so not ${folder} either. ` +
      `Allow it with "chmod o+x ${unreachable}", set DATA_DIR to another folder, start as an ordinary user, or set DATABASE_URL.`,
    { param: 'DATA_DIR' },
  );
}

/** The options of `spawn` that make a process run as an account. */
export function identity(account: PostgresAccount): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
