import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { CodedError } from '#errors';
import { SETTINGS } from './settings.js';
import { SettingProblem } from './setting-kinds.js';

type Table = typeof SETTINGS;
type Values = { readonly [Key in keyof Table]: Table[Key]['fallback'] };

/** The settings of this process, checked and frozen; folders are absolute, times are in milliseconds. */
export type Config = Omit<Values, 'artifactDir' | 'runsDir' | 'tensorBoardDir'> & {
  readonly artifactDir: string;
  readonly runsDir: string;
  readonly tensorBoardDir: string;
};

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const HEARTBEATS_BEFORE_LOST = 3;

/**
 * Reads the settings from `environment`: by default the process's own over an optional `.env` in the working folder.
 * A variable that is empty counts as not given.
 *
 * @throws configuration_invalid with one line per bad variable, all of them at once
 * @example
 * loadConfig({ GENERATOR_PORT: '4001' }).generatorPort // 4001
 */
export function loadConfig(environment: Environment = processEnvironment()): Config {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, { variable, kind, fallback }] of Object.entries(SETTINGS)) {
    const text = environment[variable]?.trim();
    try {
      values[key] = text ? kind.read(text) : fallback;
    } catch (error) {
      if (!(error instanceof SettingProblem)) throw error;
      problems.push(`${variable} ${error.message}`);
    }
  }
  const read = values as Values;
  if (problems.length === 0) problems.push(...problemsBetween(read));
  if (problems.length > 0) {
    throw new CodedError('configuration_invalid', problems.join('\n'), { param: firstWord(problems[0]) });
  }
  const dataDir = resolve(read.dataDir);
  return Object.freeze({
    ...read,
    dataDir,
    artifactDir: read.artifactDir ?? join(dataDir, 'artifacts'),
    runsDir: read.runsDir ?? join(dataDir, 'runs'),
    tensorBoardDir: read.tensorBoardDir ?? join(dataDir, 'tensorboard'),
  });
}

/**
 * This process's variables, with those of `.env`, and some of them set anew: what a child process is started with, and
 * what command-line options of the same meaning turn into.
 *
 * @throws configuration_invalid when `.env` cannot be read
 */
export function environmentWith(settings: Environment): Environment {
  return { ...processEnvironment(), ...settings };
}

/** Settings that are good alone and not together. */
function problemsBetween(values: Values): string[] {
  const { s3Bucket, s3Endpoint, s3AccessKeyId, s3SecretAccessKey, heartbeatIntervalMs, runLostAfterMs } = values;
  const problems: string[] = [];
  if ((s3AccessKeyId === null) !== (s3SecretAccessKey === null)) {
    problems.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together; set both, or none.');
  }
  if (s3Bucket === null && s3Endpoint !== null) {
    problems.push('S3_ENDPOINT says where a store is, but not what to keep in it; set S3_BUCKET, too, or neither.');
  }
  // A run whose heartbeats fail for a third of the time gives up, so that no other attempt runs beside it.
  if (runLostAfterMs < HEARTBEATS_BEFORE_LOST * heartbeatIntervalMs) {
    problems.push(
      `RUN_LOST_AFTER_MS must be at least ${HEARTBEATS_BEFORE_LOST} times HEARTBEAT_INTERVAL_MS (${heartbeatIntervalMs}), ` +
        `${HEARTBEATS_BEFORE_LOST * heartbeatIntervalMs}, but is ${runLostAfterMs}: a run that is well would be queued again; ` +
        'raise it, or lower HEARTBEAT_INTERVAL_MS.',
    );
  }
  return problems;
}

function firstWord(text: string | undefined): string | null {
  return text?.split(' ')[0] ?? null;
}

function processEnvironment(): Environment {
  return { ...readEnvFile('.env'), ...process.env };
}

function readEnvFile(path: string): Environment {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new CodedError(
      'configuration_invalid',
      `The file ${resolve(path)} cannot be read; make it readable or remove it.`,
      {
        param: path,
        cause: error,
      },
    );
  }
  return parseEnv(text);
}
