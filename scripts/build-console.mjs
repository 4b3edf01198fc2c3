import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { root } from './root.mjs';

const stampPath = join(root, 'dist/.console-built');
const generatedTypes = ['generator', 'trainer'].map((name) => join(root, `apps/console/src/generated/${name}-api.ts`));
const compressible = /\.(js|css|html|svg)$/;

/**
 * Builds the web console into dist/console when it, or the API that its types are made from, changed. Throws a one-line error.
 * @param isApiNew whether the services were compiled just now
 */
export function ensureConsoleBuilt(isApiNew) {
  if (isApiNew || !generatedTypes.every((path) => existsSync(path))) {
    run('scripts/console-api.mjs', [], 'The types of the API could not be made (the message is above).');
  }
  const stamp = hashInputs();
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  console.log('Building the console ...');
  rmSync(stampPath, { force: true });
  run(
    'node_modules/typescript/bin/tsc',
    ['-p', 'apps/console/tsconfig.json'],
    'The console does not compile (the messages are above).',
  );
  run(
    'node_modules/vite/bin/vite.js',
    ['build', '--config', 'apps/console/vite.config.mjs', '--logLevel', 'warn'],
    'The console could not be bundled (the message is above).',
  );
  compressOutputs();
  writeFileSync(stampPath, stamp);
}

function run(script, args, failure) {
  const result = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(failure);
}

function hashInputs() {
  const hash = createHash('sha256').update(process.versions.node);
  const files = ['package-lock.json', 'tsconfig.json', 'scripts/build-console.mjs', ...listFiles('apps/console')];
  for (const path of files.sort()) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** Once, here, as small as it goes: the generator sends the files as they lie. */
function compressOutputs() {
  for (const path of listFiles('dist/console').filter((name) => compressible.test(name))) {
    const bytes = readFileSync(join(root, path));
    const parameters = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(root, `${path}.br`), brotliCompressSync(bytes, { params: parameters }));
    writeFileSync(join(root, `${path}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

function listFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}
