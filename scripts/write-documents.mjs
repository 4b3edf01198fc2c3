// Writes the documents that are made from tables: docs/errors.md, .env.example, the settings in docker-compose.yml,
// Grafana's dashboards and the drawings in ARCHITECTURE.md. Tests compare them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { dashboards } from './dashboards.mjs';
import { root } from './root.mjs';

ensureBuilt();
const { renderErrorDocument } = await import('../dist/libs/errors/src/index.js');
const { renderStateMachines } = await import('../dist/libs/registry/src/index.js');
const { renderComposeSettings, renderEnvExample } = await import('../dist/libs/config/src/index.js');

mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs/errors.md'), renderErrorDocument());
writeFileSync(join(root, '.env.example'), renderEnvExample());

replaceBetween(
  'ARCHITECTURE.md',
  /(?<=<!-- state-machines -->\n)[^]*(?=<!-- \/state-machines -->)/,
  `\n${renderStateMachines()}\n`,
);
replaceBetween('docker-compose.yml', /(?<= # settings\n)[^]*(?= {2}# \/settings)/, renderComposeSettings());

const grafana = join(root, 'deploy/grafana/dashboards');
mkdirSync(grafana, { recursive: true });
for (const [file, dashboard] of Object.entries(dashboards()))
  writeFileSync(join(grafana, file), `${JSON.stringify(dashboard, null, 2)}\n`);

function replaceBetween(name, marks, text) {
  const path = join(root, name);
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(marks, () => text),
  );
}
