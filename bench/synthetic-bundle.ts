import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { architectureOf, countParameters, type Hyperparameters } from '#language-model';
import { Parameters, Tokenizer, exportBundle, initializeParameters } from '#language-model/workbench';
import { zipfText } from './zipf.js';

/** Words of a synthetic model. */
export const SYNTHETIC_VOCABULARY = 10_000;
const CHECK_TOKENS = 2_000;

/**
 * A bundle with the preset's sizes and untrained weights, whose words are as unequally frequent as real ones: the time that a token
 * takes depends on the sizes, and that of sampling on the shape of the distribution.
 */
export async function writeSyntheticBundle(folder: string, hyperparameters: Hyperparameters, seed = 1): Promise<void> {
  const architecture = architectureOf(hyperparameters, SYNTHETIC_VOCABULARY);
  const parameters = new Parameters(architecture);
  initializeParameters(parameters, seed, zipfText(1_000_000, SYNTHETIC_VOCABULARY, 1));
  // The output layer's random part must not drown the words' shares.
  const output = parameters.view('output.weight');
  for (let i = 0; i < output.length; i++) output[i] = output[i]! * 0.5;
  // A document's end would end most texts early; texts of full length are what is measured.
  parameters.view('output.bias')[1] = -1e4;
  const special = ['<unk>', '<doc>'];
  const words = Array.from({ length: SYNTHETIC_VOCABULARY - special.length }, (_, index) => `w${index.toString(36)}`);
  const tokenizer = Tokenizer.fromJSON({
    format: 'understudy-tokenizer',
    version: 1,
    mode: 'words',
    tokens: [...special, ...words],
  });
  const unmeasured = { tokens: 1, lossNats: 1, perplexity: Math.E, top1: 0, top5: 0 };
  const config = {
    format: 'understudy-model',
    version: 1,
    ...architecture,
    preset: hyperparameters.preset,
    parameters: countParameters(architecture),
    hyperparameters,
    seed,
    dataSha256: '0'.repeat(64),
    evaluation: { validation: unmeasured },
  } as const;
  // There is nothing to lose in an untrained model; the int8 variant is there so that its speed can be measured.
  const check = {
    text: zipfText(CHECK_TOKENS, SYNTHETIC_VOCABULARY, 2),
    tolerance: { perplexityPercent: 100, top1Points: 100 },
    threads: 0,
  };
  const card = '# Untrained model for measurements\n';
  await exportBundle(folder, { tokenizer, parameters, card, config }, check);
}

/** Hands a synthetic bundle in a temporary folder to `use`, and removes it afterwards. */
export async function withSyntheticBundle(
  hyperparameters: Hyperparameters,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  try {
    await writeSyntheticBundle(folder, hyperparameters);
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
