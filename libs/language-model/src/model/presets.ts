import { CodedError } from '#errors';

/** Names for default sizes; each number can be set for a run. */
export const PRESETS = {
  small: { embeddingDim: 128, lstmUnits: 256 },
  intermediate: { embeddingDim: 160, lstmUnits: 320 },
  medium: { embeddingDim: 192, lstmUnits: 384 },
} as const;

/** A preset's name. */
export type Preset = keyof typeof PRESETS;

/** Everything that decides what a run computes, besides its text and its seed. */
export interface Hyperparameters {
  readonly preset: Preset;
  /** E */
  readonly embeddingDim: number;
  /** H, of each layer */
  readonly lstmUnits: number;
  readonly numLayers: number;
  /** Probability that a unit is dropped, for a whole sequence. */
  readonly dropoutRate: number;
  /** T: steps through which gradients flow. */
  readonly sequenceLength: number;
  /** B: text positions read in parallel. */
  readonly batchSize: number;
  readonly epochs: number;
  /** Stops after this many training tokens, all epochs together; 0 = no limit. The schedule fits what will be seen. */
  readonly maxTrainTokens: number;
  /** Peak of the schedule, `learning_rate_multiplier` included. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Share of all steps over which the learning rate rises to its peak. */
  readonly warmupFraction: number;
  /** Gradients with a larger Euclidean norm are scaled down to it. */
  readonly gradientClipNorm: number;
  /** Evaluations in a row without a better validation loss that end the run; 0 = never. */
  readonly earlyStoppingPatience: number;
  readonly maxVocabSize: number;
  readonly tokenization: 'text' | 'words';
  readonly validationFraction: number;
  readonly testFraction: number;
}

interface NumberRule {
  readonly field: keyof Hyperparameters;
  /** The default, for a run of so many epochs where it depends on that. */
  readonly fallback: number | ((epochs: number) => number);
  readonly min: number;
  readonly max: number;
  readonly whole?: true;
}

const EPOCHS_BY_DEFAULT = 10;
/** A text that is read no oftener is not learned by heart; dropping fewer units then learns more of it in the same time. */
const FEW_EPOCHS = 4;

/** @see docs/experiments.md, "the training recipe" */
function dropoutFor(epochs: number): number {
  return epochs <= FEW_EPOCHS ? 0.1 : 0.25;
}

/** The API's names: default, limits, meaning. The preset supplies its own sizes. */
const NUMBERS: Readonly<Record<string, NumberRule>> = {
  embedding_dim: { field: 'embeddingDim', fallback: 0, min: 1, max: 2048, whole: true },
  lstm_units: { field: 'lstmUnits', fallback: 0, min: 1, max: 4096, whole: true },
  num_layers: { field: 'numLayers', fallback: 2, min: 1, max: 8, whole: true },
  dropout_rate: { field: 'dropoutRate', fallback: dropoutFor, min: 0, max: 0.9 },
  sequence_length: { field: 'sequenceLength', fallback: 50, min: 2, max: 500, whole: true },
  batch_size: { field: 'batchSize', fallback: 32, min: 1, max: 1024, whole: true },
  n_epochs: { field: 'epochs', fallback: EPOCHS_BY_DEFAULT, min: 1, max: 1000, whole: true },
  max_train_tokens: { field: 'maxTrainTokens', fallback: 0, min: 0, max: 1e12, whole: true },
  learning_rate: { field: 'learningRate', fallback: 0.003, min: 1e-7, max: 1 },
  weight_decay: { field: 'weightDecay', fallback: 0.05, min: 0, max: 10 },
  warmup_fraction: { field: 'warmupFraction', fallback: 0.05, min: 0, max: 0.9 },
  gradient_clip_norm: { field: 'gradientClipNorm', fallback: 1, min: 1e-6, max: 1e6 },
  early_stopping_patience: { field: 'earlyStoppingPatience', fallback: 4, min: 0, max: 1000, whole: true },
  max_vocab_size: { field: 'maxVocabSize', fallback: 10_000, min: 3, max: 65_535, whole: true },
  validation_fraction: { field: 'validationFraction', fallback: 0.05, min: 0.001, max: 0.5 },
  test_fraction: { field: 'testFraction', fallback: 0.05, min: 0.001, max: 0.5 },
};

const MULTIPLIER = { min: 0.001, max: 1000 };
const TOKENIZATIONS = ['text', 'words'] as const;

/** Every name that `resolveHyperparameters` takes. */
export const HYPERPARAMETER_NAMES: readonly string[] = [
  ...Object.keys(NUMBERS),
  'learning_rate_multiplier',
  'tokenization',
];

/** What a hyper-parameter may be, for people who choose. */
export interface HyperparameterRule {
  /** The API's name. */
  readonly name: string;
  readonly kind: 'integer' | 'number' | 'choice';
  /** null: the preset's own. */
  readonly fallback: number | string | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Of a choice; else empty. */
  readonly choices: readonly string[];
}

/** Every hyper-parameter with its limits and its default, in the order of {@link HYPERPARAMETER_NAMES}. */
export function describeHyperparameters(): readonly HyperparameterRule[] {
  const number = (name: string, { whole, fallback, min, max }: Omit<NumberRule, 'field'>): HyperparameterRule => {
    const byDefault = typeof fallback === 'number' ? fallback : fallback(EPOCHS_BY_DEFAULT);
    const ofPreset = name === 'embedding_dim' || name === 'lstm_units';
    return {
      name,
      kind: whole ? 'integer' : 'number',
      fallback: ofPreset ? null : byDefault,
      minimum: min,
      maximum: max,
      choices: [],
    };
  };
  return [
    ...Object.entries(NUMBERS).map(([name, rule]) => number(name, rule)),
    number('learning_rate_multiplier', { fallback: 1, ...MULTIPLIER }),
    {
      name: 'tokenization',
      kind: 'choice',
      fallback: TOKENIZATIONS[0],
      minimum: null,
      maximum: null,
      choices: TOKENIZATIONS,
    },
  ];
}

function isPreset(name: string): name is Preset {
  return Object.hasOwn(PRESETS, name);
}

function readNumber(name: string, rule: Pick<NumberRule, 'min' | 'max' | 'whole'>, value: unknown): number {
  const ok =
    typeof value === 'number' && value >= rule.min && value <= rule.max && (!rule.whole || Number.isInteger(value));
  if (!ok) {
    const kind = rule.whole ? 'a whole number' : 'a number';
    throw new CodedError(
      'invalid_value',
      `${name} must be ${kind} from ${rule.min} to ${rule.max}, not ${JSON.stringify(value)}.`,
      { param: name },
    );
  }
  return value;
}

/**
 * Fills in a preset's defaults. Overrides carry the API's names; `"auto"` stands for the default.
 * @throws unknown_parameter for a name that does not exist, invalid_value for a value outside its limits
 */
export function resolveHyperparameters(
  preset: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Hyperparameters {
  if (!isPreset(preset)) {
    throw new CodedError(
      'invalid_value',
      `There is no preset "${preset}". Presets: ${Object.keys(PRESETS).join(', ')}.`,
      {
        param: 'model',
      },
    );
  }
  const unknown = Object.keys(overrides).find((name) => !HYPERPARAMETER_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new CodedError(
      'unknown_parameter',
      `Unknown hyperparameter "${unknown}". Known: ${HYPERPARAMETER_NAMES.join(', ')}.`,
      { param: unknown },
    );
  }
  const given = Object.fromEntries(
    Object.entries(overrides).filter(([, value]) => value !== undefined && value !== 'auto'),
  );
  const read = (name: string, rule: NumberRule, epochs: number): number => {
    if (name in given) return readNumber(name, rule, given[name]);
    return typeof rule.fallback === 'number' ? rule.fallback : rule.fallback(epochs);
  };
  const epochs = read('n_epochs', NUMBERS['n_epochs']!, EPOCHS_BY_DEFAULT);
  const numbers = Object.fromEntries(
    Object.entries(NUMBERS).map(([name, rule]) => [rule.field, read(name, rule, epochs)]),
  );
  const tokenization = given['tokenization'] ?? 'text';
  if (tokenization !== 'text' && tokenization !== 'words') {
    throw new CodedError(
      'invalid_value',
      `tokenization must be ${TOKENIZATIONS.join(' or ')}, not ${JSON.stringify(tokenization)}.`,
      {
        param: 'tokenization',
      },
    );
  }
  const name = 'learning_rate_multiplier';
  const multiplier = name in given ? readNumber(name, MULTIPLIER, given[name]) : 1;
  const resolved = { ...numbers, preset, tokenization } as Hyperparameters;
  return Object.freeze({
    ...resolved,
    embeddingDim: resolved.embeddingDim || PRESETS[preset].embeddingDim,
    lstmUnits: resolved.lstmUnits || PRESETS[preset].lstmUnits,
    learningRate: resolved.learningRate * multiplier,
  });
}
