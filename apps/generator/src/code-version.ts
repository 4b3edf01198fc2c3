import { createRequire } from 'node:module';

// From dist/apps/generator/src up to the root of the repository.
const { version } = createRequire(import.meta.url)('../../../../package.json') as { readonly version: string };

/** Version of this code: part of every answer's fingerprint, since other code may compute other texts. */
export const CODE_VERSION = version;
