import { optional, setting } from './setting.js';
import { apiKey, flag, folder, host, httpUrl, integer, oneOf, postgresUrl } from './setting-kinds.js';

const PORT_MAXIMUM = 65_535;
const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 ** 2;

/** Settings that both services have: where things are, who listens where, what is logged, and those of the tests. */
export const SERVICE_SETTINGS = {
  databaseUrl: optional<string>(
    'DATABASE_URL',
    postgresUrl(),
    'PostgreSQL 15 or newer. Without it, "npm start" runs its own PostgreSQL in DATA_DIR/postgres.',
  ),
  databaseWaitMs: setting(
    'DATABASE_WAIT_MS',
    integer(0, DAY_MS),
    0,
    'How long a service that starts waits for a database that cannot be reached yet, in milliseconds. The images wait a minute.',
  ),
  adminKey: optional<string>(
    'ADMIN_KEY',
    apiKey(),
    'Key with the scope admin that the setup step makes sure of. Without it, the step makes one and writes it to DATA_DIR/admin-key.',
  ),
  dataDir: setting(
    'DATA_DIR',
    folder(),
    '.understudy',
    'Where everything is kept that the project writes; created when missing.',
  ),
  postgresPort: setting(
    'POSTGRES_PORT',
    integer(0, PORT_MAXIMUM),
    0,
    'Port of the PostgreSQL that "npm start" runs; 0 takes a free one.',
  ),

  trainerHost: setting('TRAINER_HOST', host(), '127.0.0.1', 'Address that the trainer listens on.'),
  trainerPort: setting(
    'TRAINER_PORT',
    integer(0, PORT_MAXIMUM),
    4100,
    'Port that the trainer listens on; 0 takes a free one.',
  ),
  trainerUrl: optional<string>(
    'TRAINER_URL',
    httpUrl('http://trainer:4100'),
    'Where generators reach the trainer, so that they can hand its requests on. "npm start" sets it.',
  ),
  generatorHost: setting('GENERATOR_HOST', host(), '127.0.0.1', 'Address that the generator listens on.'),
  generatorPort: setting(
    'GENERATOR_PORT',
    integer(0, PORT_MAXIMUM),
    4000,
    'Port that the generator listens on; 0 takes a free one.',
  ),

  logLevel: setting(
    'LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'How much is logged: fatal, error, warn, info, debug, trace or silent.',
  ),
  logFormat: setting(
    'LOG_FORMAT',
    oneOf('json', 'pretty'),
    'json',
    'How it is logged: json (a line per event) or pretty (for people).',
  ),
  logPrompts: setting(
    'LOG_PROMPTS',
    flag(),
    false,
    'Writes prompts and completions into the log line of their request. They are what users wrote: keep such logs safe.',
  ),

  maxBodyBytes: setting(
    'MAX_BODY_BYTES',
    integer(1024, 64 * MEBIBYTE),
    MEBIBYTE,
    'Largest JSON body that a service takes, in bytes.',
  ),
  pollIntervalMs: setting(
    'POLL_INTERVAL_MS',
    integer(100, DAY_MS),
    5000,
    'How often the database is asked for changes that a notification may have missed, in milliseconds.',
  ),
  shutdownGraceMs: setting(
    'SHUTDOWN_GRACE_MS',
    integer(0, DAY_MS),
    15_000,
    'How long requests under way may take when a service stops, in milliseconds.',
  ),

  testDatabaseUrl: optional<string>(
    'TEST_DATABASE_URL',
    postgresUrl(),
    'PostgreSQL server for "npm test", whose user may create databases. Without it, the tests run their own.',
  ),
};
