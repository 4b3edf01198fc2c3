import { readFileSync } from 'node:fs';

/** Version of this code, kept with every model that it trains. */
export const CODE_VERSION: string = readVersion();

function readVersion(): string {
  // From dist/apps/trainer/src/training up to the root of the repository.
  const text = readFileSync(new URL('../../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
