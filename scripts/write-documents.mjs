// Writes the documents that are made from tables: docs/errors.md, .env.example, Grafana's dashboards and the drawings in
// ARCHITECTURE.md. Tests compare them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { dashboards } from './dashboards.mjs';
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

const grafana = join(root, 'deploy/grafana/dashboards');
mkdirSync(grafana, { recursive: true });
for (const [file, dashboard] of Object.entries(dashboards()))
  writeFileSync(join(grafana, file), `${JSON.stringify(dashboard, null, 2)}\n`);
