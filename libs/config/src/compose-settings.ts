import { SETTINGS } from './settings.js';

/** What the compose file and the images decide themselves: where things are, who listens where, who waits for whom. */
const DECIDED = new Set([
  'DATABASE_URL',
  'DATABASE_WAIT_MS',
  'REDIS_URL',
  'ADMIN_KEY',
  'MACHINE_NAME',
  'DATA_DIR',
  'ARTIFACT_DIR',
  'RUNS_DIR',
  'TENSORBOARD_DIR',
  'POSTGRES_PORT',
  'TRAINER_HOST',
  'TRAINER_PORT',
  'TRAINER_URL',
  'GENERATOR_HOST',
  'GENERATOR_PORT',
  'SHUTDOWN_DELAY_MS',
  'TEST_DATABASE_URL',
]);

/** The lines of `docker-compose.yml` that hand on every other setting. An empty value, which a space is, counts as not given; podman-compose wants a default of at least one character. */
export function renderComposeSettings(): string {
  return Object.values(SETTINGS)
    .map(({ variable }) => variable)
    .filter((variable) => !DECIDED.has(variable))
    .map((variable) => `  ${variable}: \${${variable}:- }\n`)
    .join('');
}
