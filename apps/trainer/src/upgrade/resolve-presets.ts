import { CodedError, isCodedError } from '#errors';
import { resolveHyperparameters, type Hyperparameters } from '#language-model';
import type { JsonObject, TrainingRun } from '#registry';
import type { CreateExperimentBody } from './create-experiment.dto.js';

/** The presets of an experiment. */
export interface ExperimentPresets {
  readonly fromPreset: string;
  readonly toPreset: string;
  readonly fallbackPreset: string | null;
}

/** Belong to a preset: a model of another one does not take them over. */
const SIZES = new Set(['embedding_dim', 'lstm_units']);

/** Decide which tokens a model learns from and which are held out: two models that differ in one cannot be compared. */
const OF_THE_TEXT: readonly (readonly [keyof Hyperparameters, string])[] = [
  ['tokenization', 'tokenization'],
  ['maxVocabSize', 'max_vocab_size'],
  ['validationFraction', 'validation_fraction'],
  ['testFraction', 'test_fraction'],
];

/**
 * The hyper-parameters of each preset of an experiment, checked: those of a reused job as they are; for the others those of
 * the reused job, then the experiment's, then the preset's own, each before the ones to the left of it.
 *
 * @throws unknown_parameter, invalid_value naming the key with its place in the body
 */
export function resolvePresets(
  { hyperparameters = {}, preset_hyperparameters: ofPresets = {} }: CreateExperimentBody,
  { fromPreset, toPreset, fallbackPreset }: ExperimentPresets,
  fromRun: TrainingRun | null,
  toRun: TrainingRun | null,
): Readonly<Record<string, JsonObject>> {
  const presets = [fromPreset, toPreset, ...(fallbackPreset === null ? [] : [fallbackPreset])];
  checkPresetNames(ofPresets, presets);
  const inherited = withoutSizes((fromRun ?? toRun)?.hyperparameters ?? {});
  const ask = (preset: string): JsonObject => {
    const own = (ofPresets[preset] ?? {}) as JsonObject;
    resolve(preset, hyperparameters, 'hyperparameters');
    resolve(preset, own, `preset_hyperparameters.${preset}`);
    const asked = { ...inherited, ...withoutAuto(hyperparameters), ...withoutAuto(own) };
    const { epochs, batchSize } = resolveHyperparameters(preset, asked);
    // As in a job: the three of the OpenAI API are always told.
    return { learning_rate_multiplier: 1, ...asked, n_epochs: epochs, batch_size: batchSize };
  };
  const all = Object.fromEntries(
    presets.map((preset, index) => {
      const run = [fromRun, toRun, null][index];
      return [preset, run?.hyperparameters ?? ask(preset)];
    }),
  );
  for (const preset of presets.slice(1)) checkSameText(fromPreset, all[fromPreset] ?? {}, preset, all[preset] ?? {});
  return all;
}

function checkPresetNames(ofPresets: Readonly<Record<string, unknown>>, presets: readonly string[]): void {
  const param = 'preset_hyperparameters';
  for (const [name, value] of Object.entries(ofPresets)) {
    if (!presets.includes(name)) {
      throw new CodedError(
        'unknown_parameter',
        `${param} has ${JSON.stringify(name)}; the presets of this experiment are ${presets.join(', ')}.`,
        { param: `${param}.${name}` },
      );
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new CodedError('invalid_value', `${param}.${name} must be an object; got ${JSON.stringify(value)}.`, {
        param: `${param}.${name}`,
      });
    }
  }
}

function resolve(preset: string, asked: JsonObject, place: string): void {
  try {
    resolveHyperparameters(preset, asked);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const param = error.param === null ? place : `${place}.${error.param}`;
    throw new CodedError(error.code, error.message, { param, cause: error });
  }
}

/** What a model of another preset takes over of the hyper-parameters of a job. */
export function withoutSizes(asked: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(asked).filter(([name]) => !SIZES.has(name)));
}

function withoutAuto(asked: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== 'auto'));
}

function checkSameText(fromPreset: string, from: JsonObject, preset: string, other: JsonObject): void {
  const [left, right] = [resolveHyperparameters(fromPreset, from), resolveHyperparameters(preset, other)];
  for (const [field, name] of OF_THE_TEXT) {
    if (left[field] === right[field]) continue;
    throw new CodedError(
      'invalid_value',
      `${name} must be the same for every model that is compared; it is ${left[field]} for ${fromPreset} and ${right[field]} for ${preset}.`,
      { param: `hyperparameters.${name}` },
    );
  }
}
