import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureConsoleBuilt } from './build-console.mjs';
import { ensureInstalled } from './install.mjs';
import { root } from './root.mjs';

const sourceFolders = ['apps', 'libs', 'bench', 'test'];
const generatedClient = 'libs/database/src/generated';
const stampPath = join(root, 'dist/.built');

/** Compiles the TypeScript to dist/ and builds the web console when a source changed since the last build. Throws a one-line error; the compiler's own messages go to the terminal. */
export function ensureBuilt() {
  ensureConsoleBuilt(ensureCompiled());
}

/** @returns whether there was anything to compile */
function ensureCompiled() {
  const stamp = hashInputs();
  const isBuilt = existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp;
  if (isBuilt && existsSync(join(root, generatedClient))) return false;
  console.log('Compiling ...');
  rmSync(stampPath, { force: true });
  run('scripts/prisma-generate.mjs', [], 'The Prisma client could not be generated (the message is above).');
  run(
    'node_modules/typescript/bin/tsc',
    ['-p', 'tsconfig.json'],
    'The TypeScript sources do not compile (the messages are above).',
  );
  pruneOutputs();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampPath, stamp);
  return true;
}

function run(script, args, failure) {
  const result = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(failure);
}

function hashInputs() {
  const hash = createHash('sha256').update(process.versions.node);
  const files = [
    'package-lock.json',
    'package.json',
    'tsconfig.json',
    'prisma/schema.prisma',
    'scripts/prisma-generate.mjs',
  ];
  for (const folder of sourceFolders) {
    // The generated client is an output; what it is generated from is in the list above. The console has its own build.
    files.push(...listFiles(folder).filter((path) => path.endsWith('.ts') && !isMadeElsewhere(path)));
  }
  for (const path of files.sort()) {
    if (existsSync(join(root, path))) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function isMadeElsewhere(path) {
  return path.includes('/generated/') || path.startsWith(join('apps', 'console'));
}

/** Removes the outputs of deleted sources, whose stale specs would otherwise still run. */
function pruneOutputs() {
  for (const path of sourceFolders.flatMap((folder) => listFiles(join('dist', folder)))) {
    const source = relative('dist', path).replace(/\.js(\.map)?$/, '.ts');
    const isStale = !existsSync(join(root, source)) && !existsSync(join(root, `${source}x`));
    if (/\.js(\.map)?$/.test(path) && isStale) rmSync(join(root, path));
  }
}

function listFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    ensureInstalled();
    ensureBuilt();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
