// Writes the documents that are made from tables in the code: docs/errors.md and .env.example. Tests compare them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { root } from './root.mjs';

ensureBuilt();
const { renderErrorDocument } = await import('../dist/libs/errors/src/index.js');
const { renderEnvExample } = await import('../dist/libs/config/src/index.js');

mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs/errors.md'), renderErrorDocument());
writeFileSync(join(root, '.env.example'), renderEnvExample());
