import { parseArgs } from 'node:util';
import { CodedError } from '#errors';

/** What `npm start -- ...` was asked for. */
export interface LauncherOptions {
  readonly help: boolean;
  /** Folder or file with the user's texts; null takes the demonstration corpus. */
  readonly corpus: string | null;
  readonly preset: string;
  /** Most tokens that the first training may see; null leaves the choice to the training plan. */
  readonly maxTrainTokens: number | null;
  /** Find out, after the first model, whether a larger one is worth it. */
  readonly experiment: boolean;
  /** Serve what there is, train nothing. */
  readonly noTrain: boolean;
  /** Variables of the configuration that options set. */
  readonly settings: Readonly<Record<string, string>>;
}

const SETTING_OPTIONS = {
  'data-dir': 'DATA_DIR',
  'trainer-port': 'TRAINER_PORT',
  'generator-port': 'GENERATOR_PORT',
} as const;

export const USAGE = `npm start                        train a first model where there is none, serve it, and find out whether a larger one is worth it
npm start -- [options]

  --corpus FOLDER          train on your own texts: a folder of .txt and .md files, or one file
  --preset NAME            architecture of the first model: small (default), intermediate, medium
  --max-train-tokens N     let the training see at most N tokens, all passes together; 0 lifts the limit
  --no-experiment          train the first model alone, without a larger one to compare it with
  --no-train               serve what there is, train nothing
  --data-dir FOLDER        where everything is kept (default .understudy)
  --generator-port N       port for completions (default 4000); 0 takes a free one
  --trainer-port N         port for files and training (default 4100); 0 takes a free one
  --help                   this text

Settings that are not here are variables of the environment or of a file .env; .env.example lists them.`;

/**
 * Reads the command line.
 *
 * @throws unknown_parameter, invalid_value
 */
export function parseLauncherOptions(words: readonly string[]): LauncherOptions {
  const { values } = parseWords(words);
  const settings: Record<string, string> = {};
  for (const [option, variable] of Object.entries(SETTING_OPTIONS)) {
    const value = values[option as keyof typeof SETTING_OPTIONS];
    if (value !== undefined) settings[variable] = requireValue(option, value);
  }
  return {
    help: values.help ?? false,
    corpus: values.corpus === undefined ? null : requireValue('corpus', values.corpus),
    preset: values.preset === undefined ? 'small' : requireValue('preset', values.preset),
    maxTrainTokens:
      values['max-train-tokens'] === undefined ? null : readCount('max-train-tokens', values['max-train-tokens']),
    experiment: !(values['no-experiment'] ?? false),
    noTrain: values['no-train'] ?? false,
    settings,
  };
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        help: { type: 'boolean', short: 'h' },
        corpus: { type: 'string' },
        preset: { type: 'string' },
        'max-train-tokens': { type: 'string' },
        'no-experiment': { type: 'boolean' },
        'no-train': { type: 'boolean' },
        // Taken for scripts that pass it; nothing is asked.
        yes: { type: 'boolean' },
        'data-dir': { type: 'string' },
        'trainer-port': { type: 'string' },
        'generator-port': { type: 'string' },
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(/\.(\s|$)/)[0] ?? '') : String(error);
    throw new CodedError('unknown_parameter', `${reason}. "npm start -- --help" lists the options.`, { cause: error });
  }
}

function requireValue(option: string, value: string): string {
  if (value.trim() === '')
    throw new CodedError('invalid_value', `--${option} needs a value, such as --${option} ${EXAMPLES[option] ?? 'X'}.`);
  return value;
}

function readCount(option: string, value: string): number {
  const count = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(count) || count < 0) {
    throw new CodedError('invalid_value', `--${option} takes a whole number from 0; got "${value}".`);
  }
  return count;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  corpus: './my-texts',
  preset: 'small',
  'data-dir': '.understudy',
  'trainer-port': '4100',
  'generator-port': '4000',
};
