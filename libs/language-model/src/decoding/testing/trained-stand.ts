import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyCorpus } from '#testing';
import { trainModel } from '../../training/train-model.js';
import { CompletionEngine, type CompletionEngineOptions } from '../completion-engine.js';
import type {
  ChoiceDelta,
  CompletionChoice,
  CompletionOptions,
  CompletionRequest,
  SamplingParameters,
} from '../completion-request.js';
import { PLAIN_REQUEST, PLAIN_SAMPLING } from '../plain-request.js';

const SETTINGS = {
  embedding_dim: 8,
  lstm_units: 16,
  batch_size: 8,
  sequence_length: 20,
  n_epochs: 3,
  learning_rate: 0.02,
};

/** A small model that was trained on sentences, and the folder that it is in. */
export interface TrainedStand {
  readonly root: string;
  readonly bundle: string;
  /** An engine that is closed with the stand. */
  readonly open: (options?: Partial<CompletionEngineOptions>) => Promise<CompletionEngine>;
  readonly close: () => Promise<void>;
}

export async function trainStand(): Promise<TrainedStand> {
  const root = await mkdtemp(join(tmpdir(), 'understudy-engine-'));
  const corpus = await tinyCorpus({ documents: 8, words: 300 });
  const input = {
    paths: [corpus.folder],
    preset: 'small',
    hyperparameters: SETTINGS,
    seed: 1,
    threads: 1,
    workFolder: root,
  };
  const outcome = await trainModel(input, () => undefined, {});
  if (outcome.kind !== 'finished') throw new Error('Training was stopped.');
  const { bundleFolder: bundle } = outcome.result;
  await corpus.remove();
  const opened: CompletionEngine[] = [];
  return {
    root,
    bundle,
    open: async (options) => {
      const engine = await CompletionEngine.open(bundle, { threads: 1, maxBatchSize: 8, maxQueued: 100, ...options });
      opened.push(engine);
      return engine;
    },
    close: async () => {
      for (const engine of opened) await engine.close();
      await rm(root, { recursive: true });
    },
  };
}

/** What a request differs in. */
export type Overrides = Partial<CompletionRequest & SamplingParameters>;

/** A request for one text. */
export function request(overrides: Overrides = {}): CompletionRequest {
  const sampling = { ...PLAIN_SAMPLING, ...overrides };
  return { ...PLAIN_REQUEST, prompt: 'The old captain', maxTokens: 25, seed: 1n, sampling, ...overrides };
}

export interface OneText extends CompletionChoice {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A request for one text, without the timings, which differ from run to run. */
export async function complete(
  engine: CompletionEngine,
  overrides: Overrides = {},
  options?: CompletionOptions,
): Promise<OneText> {
  const { choices, promptTokens, completionTokens } = await engine.complete(request(overrides), options);
  return { ...choices[0]!, promptTokens, completionTokens };
}

/** The pieces of each choice, put together. */
export async function streamed(engine: CompletionEngine, overrides: Overrides): Promise<CompletionChoice[]> {
  const pieces: ChoiceDelta[][] = [];
  await engine.complete(request(overrides), { onDelta: (choice, delta) => (pieces[choice] ??= []).push(delta) });
  return pieces.map((deltas) => {
    if (deltas.findIndex(({ finishReason }) => finishReason !== null) !== deltas.length - 1)
      throw new Error('A text goes on after its end.');
    const logprobs = deltas.every((delta) => delta.logprobs === null)
      ? null
      : {
          tokens: deltas.flatMap((delta) => delta.logprobs!.tokens),
          tokenLogprobs: deltas.flatMap((delta) => delta.logprobs!.tokenLogprobs),
          topLogprobs: deltas.flatMap((delta) => delta.logprobs!.topLogprobs),
          textOffset: deltas.flatMap((delta) => delta.logprobs!.textOffset),
        };
    return { text: deltas.map(({ text }) => text).join(''), logprobs, finishReason: deltas.at(-1)!.finishReason! };
  });
}
