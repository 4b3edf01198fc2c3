import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { loadConfig, renderEnvExample } from './index.js';
import { SETTINGS } from './settings.js';

const home = process.cwd();
afterEach(() => process.chdir(home));

function messageOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (isCodedError(error, 'configuration_invalid')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('loadConfig', () => {
  it('needs no variable at all', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      databaseUrl: null,
      trainerPort: 4100,
      generatorPort: 4000,
      deployment: 'production',
    });
    expect(config.dataDir).toBe(resolve('.understudy'));
    expect(config.artifactDir).toBe(resolve('.understudy/artifacts'));
    expect(config.runsDir).toBe(resolve('.understudy/runs'));
    expect(config.tensorBoardDir).toBe(resolve('.understudy/tensorboard'));
  });

  it('keeps everything below DATA_DIR unless told otherwise', () => {
    const config = loadConfig({ DATA_DIR: '/data', RUNS_DIR: '/fast/runs' });
    expect([config.artifactDir, config.runsDir]).toEqual(['/data/artifacts', '/fast/runs']);
  });

  it('cannot be changed afterwards, aliases included', () => {
    const config = loadConfig({ MODEL_ALIASES: 'a=b' });
    expect(() => Object.assign(config, { trainerPort: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.modelAliases, { a: 'c' })).toThrow(TypeError);
    expect(() => Object.assign(loadConfig({}).modelAliases, { a: 'c' })).toThrow(TypeError);
  });

  it('reports every bad variable at once, a line each, with limit and value', () => {
    const message = messageOf({
      TRAINER_PORT: '70000',
      LOG_LEVEL: 'loud',
      MAX_BATCH_SIZE: '0',
      GENERATOR_PORT: '4001',
    });
    expect(message.split('\n')).toEqual([
      'TRAINER_PORT must be a whole number from 0 to 65535; got "70000".',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent; got "loud".',
      'MAX_BATCH_SIZE must be a whole number from 1 to 1024; got "0".',
    ]);
  });

  it.each(['12.5', '1e3', '0x10', 'NaN', '99999999999999999999', '--1', '1 2'])(
    'takes %s for no whole number',
    (text) => {
      expect(messageOf({ GENERATOR_PORT: text })).toContain('GENERATOR_PORT must be a whole number');
    },
  );

  it('reads a number with a decimal point within its limits', () => {
    expect(loadConfig({ INT8_MAX_TOP1_POINTS: '0.25' }).int8MaxTop1Points).toBe(0.25);
    expect(loadConfig({ INT8_MAX_TOP1_POINTS: '100' }).int8MaxTop1Points).toBe(100);
    for (const text of ['-0.1', '100.1', '1e1', '.5', '1.', 'NaN', '1,5'])
      expect(messageOf({ INT8_MAX_TOP1_POINTS: text })).toContain(
        'INT8_MAX_TOP1_POINTS must be a number from 0 to 100',
      );
  });

  it('takes an empty variable for one that is not given', () => {
    expect(loadConfig({ GENERATOR_PORT: '', DATABASE_URL: '  ' })).toMatchObject({
      generatorPort: 4000,
      databaseUrl: null,
    });
  });

  it('never repeats a database address, which holds a password', () => {
    const message = messageOf({ DATABASE_URL: 'mysql://user:hunter2@host/db' });
    expect(message).toContain('DATABASE_URL must be a PostgreSQL address');
    expect(message).not.toContain('hunter2');
  });

  it('never repeats the secrets of the queue and the store', () => {
    const secrets = {
      REDIS_URL: 'http://user:hunter2@host',
      S3_ENDPOINT: 'ftp://hunter2',
      S3_SECRET_ACCESS_KEY: 'hunter2 ' + 'ü',
    };
    const message = messageOf(secrets);
    for (const variable of Object.keys(secrets)) expect(message).toContain(`${variable} must be`);
    expect(message).not.toContain('hunter2');
  });

  it('takes the settings of a store only together', () => {
    const store = { S3_BUCKET: 'models', S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY_ID: 'key' };
    expect(messageOf(store)).toBe('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together; set both, or none.');
    expect(messageOf({ ...store, S3_SECRET_ACCESS_KEY: 'secret' })).toBe('accepted');
    expect(messageOf({ S3_ENDPOINT: 'http://minio:9000' })).toMatch(/^S3_ENDPOINT .* set S3_BUCKET/);
  });

  it('lets a run miss some heartbeats before it is lost', () => {
    expect(messageOf({ HEARTBEAT_INTERVAL_MS: '2000', RUN_LOST_AFTER_MS: '5999' })).toBe(
      'RUN_LOST_AFTER_MS must be at least 3 times HEARTBEAT_INTERVAL_MS (2000), 6000, but is 5999: a run that is well ' +
        'would be queued again; raise it, or lower HEARTBEAT_INTERVAL_MS.',
    );
    expect(messageOf({ HEARTBEAT_INTERVAL_MS: '2000', RUN_LOST_AFTER_MS: '6000' })).toBe('accepted');
    expect(messageOf({ HEARTBEAT_INTERVAL_MS: '10001' })).toMatch(/^RUN_LOST_AFTER_MS .* 30003, but is 30000/);
  });

  it.each(['ab', 'Models', 'models-', 'a/b', '-ab', 'a'.repeat(64)])('refuses the bucket name %s', (text) => {
    expect(messageOf({ S3_BUCKET: text })).toMatch(/^S3_BUCKET must have 3 to 63/);
  });

  it.each(['/a', 'a/', 'a//b', '../a', 'a/..', 'a b'])('refuses %j as the beginning of names in a bucket', (text) => {
    expect(messageOf({ S3_PREFIX: text })).toMatch(/^S3_PREFIX must be names/);
  });

  it.each(['a', 'a=', '=b', 'a=b=c', 'a=b,,c=d', 'a=b,a=c'])('refuses the aliases %s', (text) => {
    expect(messageOf({ MODEL_ALIASES: text })).toMatch(/^MODEL_ALIASES (must be pairs|names "a" twice)/);
  });

  it('reads aliases as they stand, also those named like properties of all objects', () => {
    const { modelAliases } = loadConfig({ MODEL_ALIASES: ' gpt = production , constructor=small' });
    expect({ ...modelAliases }).toEqual({ gpt: 'production', constructor: 'small' });
    expect('toString' in modelAliases).toBe(false);
  });

  it('reads .env in the working folder, under the real environment', () => {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-config-'));
    try {
      writeFileSync(join(folder, '.env'), 'DEPLOYMENT=from-file\nPATH=from-file\nSERVING_THREADS=3\n');
      process.chdir(folder);
      const config = loadConfig();
      expect([config.deployment, config.servingThreads]).toEqual(['from-file', 3]);
      expect(process.env['DEPLOYMENT']).toBeUndefined();
    } finally {
      process.chdir(home);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');

  it('is what the settings say', () => {
    expect(text).toBe(renderEnvExample());
  });

  it('explains every variable and states the default that is in force', () => {
    const lines = text.split('\n').filter((line) => /^# [A-Z][A-Z0-9_]*=/.test(line));
    const given = parseEnv(lines.map((line) => line.slice(2)).join('\n')) as Record<string, string>;
    const variables = Object.values(SETTINGS).map(({ variable }) => variable);
    expect(Object.keys(given).sort()).toEqual(variables.sort());
    expect(loadConfig(given)).toEqual(loadConfig({}));
  });
});
