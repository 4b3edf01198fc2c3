import { readFileSync } from 'node:fs';

/** Version of this code: part of every answer's fingerprint, since other code may compute other texts. */
export const CODE_VERSION: string = readVersion();

function readVersion(): string {
  // From dist/apps/generator/src up to the root of the repository.
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
