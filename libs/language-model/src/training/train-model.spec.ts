import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyCorpus, type TinyCorpus } from '#testing';
import { readBundle } from '../bundle/read-bundle.js';
import { evaluateBundle } from '../bundle/verify-bundle.js';
import { trainModel, type TrainModelInput, type TrainModelResult } from './train-model.js';
import type { TrainingEvent } from './training-event.js';

const SETTINGS = {
  embedding_dim: 8,
  lstm_units: 16,
  batch_size: 8,
  sequence_length: 20,
  n_epochs: 3,
  learning_rate: 0.02,
  validation_fraction: 0.1,
  test_fraction: 0.1,
};
const FILES = [
  'card.md',
  'config.json',
  'decode.int8.onnx',
  'decode.onnx',
  'manifest.json',
  'model.safetensors',
  'prefill.onnx',
  'probe.json',
  'score.onnx',
  'tokenizer.json',
];

let root: string;
let corpus: TinyCorpus;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'understudy-train-'));
  corpus = await tinyCorpus({ documents: 10, words: 300 });
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await corpus.remove();
});

async function train(
  workFolder: string,
  overrides: Partial<TrainModelInput> = {},
  observer: (event: TrainingEvent) => void = () => undefined,
  cancel?: AbortSignal,
): Promise<TrainModelResult> {
  const input = { paths: [corpus.folder], preset: 'small', hyperparameters: SETTINGS, seed: 1, threads: 1 };
  const outcome = await trainModel({ ...input, workFolder: join(root, workFolder), ...overrides }, observer, {
    cancel,
  });
  if (outcome.kind !== 'finished') throw new Error('The run was stopped.');
  return outcome.result;
}

describe('trainModel', () => {
  let result: TrainModelResult;
  const events: TrainingEvent[] = [];
  beforeAll(async () => {
    result = await train('first', {}, (event) => events.push(event));
  }, 60_000);

  it('goes through its phases in order and tells of progress and evaluations', () => {
    expect(events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []))).toEqual([
      'reading',
      'training',
      'evaluating',
      'exporting',
      'verifying',
    ]);
    const evaluations = events.filter((event) => event.type === 'evaluation');
    expect(evaluations.length).toBeGreaterThanOrEqual(5);
    for (const { sample } of evaluations) expect(typeof sample).toBe('string');
    expect(events.filter((event) => event.type === 'progress').at(-1)).toMatchObject({ secondsLeft: 0, epoch: 3 });
  });

  it('predicts far better than the frequency of the words allows', async () => {
    const { tokenizer } = await readBundle(result.bundleFolder);
    const ids = corpus.texts.flatMap((text) => tokenizer.encode(text));
    const counts = ids.reduce((all, id) => all.set(id, (all.get(id) ?? 0) + 1), new Map<number, number>());
    const shares = [...counts.values()].map((count) => count / ids.length);
    const unigramPerplexity = Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
    expect(result.metrics.validation.perplexity).toBeLessThan(unigramPerplexity / 1.6);
    expect(result.metrics.validation.top5).toBeGreaterThan(result.metrics.validation.top1);
  });

  it('measures training and validation text the same way, and the test text', () => {
    const { train: trained, validation, test, gapPoints } = result.metrics;
    expect(trained.tokens).toBe(validation.tokens);
    expect(gapPoints).toBeCloseTo(100 * (trained.top1 - validation.top1), 10);
    expect(test?.tokens).toBeGreaterThan(50);
  });

  it('leaves a bundle that measures what the result says', async () => {
    expect((await readdir(result.bundleFolder)).sort()).toEqual(FILES);
    const { config, tokenizer } = await readBundle(result.bundleFolder);
    expect(config).toMatchObject({
      preset: 'small',
      parameters: result.parameters,
      seed: 1,
      dataSha256: result.dataSha256,
      lstmUnits: 16,
    });
    expect(config.evaluation.validation).toEqual(result.metrics.validation);
    const text = Uint16Array.from(tokenizer.encode(corpus.texts[0]!));
    expect((await evaluateBundle(result.bundleFolder, text, 1)).perplexity).toBeLessThan(
      result.corpusReport.vocabularySize / 3,
    );
    const card = await readFile(join(result.bundleFolder, 'card.md'), 'utf8');
    expect(card).toContain(result.parameters.toLocaleString('en'));
    expect(card).toContain(result.dataSha256);
  });

  it('leaves the same bytes for the same seed and other weights for another', async () => {
    const bytesOf = async (folder: string, file: string): Promise<string> =>
      (await readFile(join(folder, file))).toString('base64');
    const [again, other] = [await train('again'), await train('other', { seed: 2 })];
    for (const file of FILES)
      expect(await bytesOf(again.bundleFolder, file), file).toBe(await bytesOf(result.bundleFolder, file));
    expect(await bytesOf(other.bundleFolder, 'model.safetensors')).not.toBe(
      await bytesOf(result.bundleFolder, 'model.safetensors'),
    );
  });

  const abortedIn = async (phase: string): Promise<string> => {
    const controller = new AbortController();
    const observer = (event: TrainingEvent): void => {
      if (event.type === 'phase' && event.phase === phase) controller.abort();
    };
    await expect(train(`cancelled-${phase}`, {}, observer, controller.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    return join(root, `cancelled-${phase}`, 'bundle');
  };

  it.each(['reading', 'training', 'evaluating'])(
    'ends as cancelled, without a bundle, when aborted while %s',
    async (phase) => {
      await expect(readdir(await abortedIn(phase))).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it('ends as cancelled when aborted while the bundle is being measured', async () => {
    await abortedIn('verifying');
  });

  it('ends as cancelled before it begins when the signal says so already', async () => {
    await expect(train('early', {}, undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says what is wrong when the hyperparameters hold out nothing to validate on', async () => {
    const folder = join(root, 'short');
    await mkdir(folder);
    await writeFile(join(folder, 'a.txt'), 'One two three four five six seven. '.repeat(40));
    const hyperparameters = { ...SETTINGS, batch_size: 2, sequence_length: 10, validation_fraction: 0.001 };
    await expect(train('nothing', { paths: [folder], hyperparameters })).rejects.toMatchObject({
      code: 'corpus_too_small',
      message: expect.stringMatching(/validat/) as string,
    });
  });
});
