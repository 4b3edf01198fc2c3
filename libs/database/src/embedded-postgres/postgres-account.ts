import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '#errors';

/** The account that PostgreSQL runs as; `null` is the account of this process. */
export type PostgresAccount = { readonly name: string; readonly uid: number; readonly gid: number } | null;

/**
 * PostgreSQL refuses to run as root: there it runs as the owner of the data that exists, else as `postgres` (made when
 * missing), else, where no account can be made, as `nobody`.
 */
export async function choosePostgresAccount(dataFolder: string): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(join(dataFolder, 'PG_VERSION')).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const account = lookUp('postgres') ?? create('postgres') ?? lookUp('nobody');
  if (account !== null) return account;
  throw new CodedError(
    'configuration_invalid',
    'PostgreSQL does not run as root, and there is no account "postgres" or "nobody" that it could run as. ' +
      'Make one with "useradd --system postgres", start as an ordinary user, or set DATABASE_URL.',
    { param: 'DATABASE_URL' },
  );
}

function lookUp(name: string): PostgresAccount {
  const [uid, gid] = ['-u', '-g'].map((option) => {
    const { status, stdout } = spawnSync('id', [option, name], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : Number.NaN;
  });
  return Number.isInteger(uid) && Number.isInteger(gid) ? { name, uid: uid as number, gid: gid as number } : null;
}

function create(name: string): PostgresAccount {
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
  // Another process may have been faster: what counts is that the account is there.
  return lookUp(name);
}

/**
 * The outermost folder on the way to `path` that the account cannot enter, or `null` when it can reach `path`.
 * Asked of the kernel, as that account, because groups and access lists are its business.
 *
 * @throws configuration_invalid when this process may not become the account at all
 */
export function findUnreachableFolder(path: string, account: PostgresAccount): string | null {
  if (account === null || canEnter(path, account)) return null;
  const parent = dirname(path);
  return parent === path ? path : (findUnreachableFolder(parent, account) ?? path);
}

function canEnter(folder: string, { name, uid, gid }: NonNullable<PostgresAccount>): boolean {
  const { status, error } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    uid,
    gid,
    cwd: '/',
    stdio: 'ignore',
  });
  if (error !== undefined) {
    throw new CodedError(
      'configuration_invalid',
      `PostgreSQL does not run as root, and this process may not start it as the account ${name} (${error.message}). ` +
        'Start as an ordinary user, or set DATABASE_URL.',
      { param: 'DATABASE_URL', cause: error },
    );
  }
  return status === 0;
}
