// Writes the documents that are made from tables in the code: docs/errors.md, .env.example and the drawings in
// ARCHITECTURE.md. Tests compare them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { root } from './root.mjs';

ensureBuilt();
const { renderErrorDocument } = await import('../dist/libs/errors/src/index.js');
const { renderStateMachines } = await import('../dist/libs/registry/src/index.js');
const { renderEnvExample } = await import('../dist/libs/config/src/index.js');

mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs/errors.md'), renderErrorDocument());
writeFileSync(join(root, '.env.example'), renderEnvExample());

const architecture = join(root, 'ARCHITECTURE.md');
const [before, , after] = readFileSync(architecture, 'utf8').split(
  /(?<=<!-- state-machines -->\n)([^]*)(?=<!-- \/state-machines -->)/,
);
writeFileSync(architecture, `${before}\n${renderStateMachines()}\n${after}`);
