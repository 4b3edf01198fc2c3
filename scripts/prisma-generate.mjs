// Generates the database client from prisma/schema.prisma, unless the one that is there is newer. Works offline.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const schema = join(root, 'prisma/schema.prisma');
const generated = join(root, 'libs/database/src/generated');

/** Generates the client; returns whether there was anything to do. Throws with Prisma's own words when it fails. */
export function generatePrismaClient({ force = false } = {}) {
  const newest = join(generated, 'client.ts');
  if (!force && existsSync(newest) && statSync(newest).mtimeMs > newestInput()) return false;
  const command = join(root, 'node_modules/prisma/build/index.js');
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [command, 'generate', '--no-hints'], {
    cwd: root,
    encoding: 'utf8',
    // Prisma asks for the binary of its schema engine and never uses it here; any file that exists keeps it from downloading one.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: command,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (status !== 0) {
    // A half-written client would pass for a new one.
    rmSync(generated, { recursive: true, force: true });
    throw new Error(`prisma generate failed: ${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trim());
  }
  return true;
}

/** A client made by another version of Prisma is as old as one made from another schema. */
function newestInput() {
  return Math.max(
    ...[schema, join(root, 'node_modules/prisma/package.json'), fileURLToPath(import.meta.url)].map(
      (path) => statSync(path).mtimeMs,
    ),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    generatePrismaClient({ force: process.argv.includes('--force') });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
