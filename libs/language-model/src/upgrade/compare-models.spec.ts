import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyCorpus, type TinyCorpus } from '#testing';
import { readBundle } from '../bundle/read-bundle.js';
import { evaluateBundle } from '../bundle/verify-bundle.js';
import { prepareCorpus } from '../corpus/index.js';
import { trainModel, type TrainModelInput } from '../training/train-model.js';
import { compareModels } from './compare-models.js';
import type { CompareModelsInput, ComparisonProgress, ModelComparison } from './model-comparison.js';

const SETTINGS = {
  embedding_dim: 8,
  lstm_units: 8,
  batch_size: 8,
  sequence_length: 20,
  n_epochs: 2,
  learning_rate: 0.02,
  validation_fraction: 0.1,
  test_fraction: 0.4,
};

let root: string;
let corpus: TinyCorpus;
let small: string;
let medium: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'understudy-compare-'));
  corpus = await tinyCorpus({ documents: 30, words: 150 });
  small = await train('small', { preset: 'small' });
  medium = await train('medium', { preset: 'medium', hyperparameters: { ...SETTINGS, lstm_units: 24, n_epochs: 6 } });
}, 120_000);
afterAll(async () => {
  await rm(root, { recursive: true });
  await corpus.remove();
});

async function train(name: string, overrides: Partial<TrainModelInput>): Promise<string> {
  const input = { paths: [corpus.folder], preset: 'small', hyperparameters: SETTINGS, seed: 3, threads: 1 };
  const outcome = await trainModel({ ...input, workFolder: join(root, name), ...overrides }, () => undefined, {});
  if (outcome.kind !== 'finished') throw new Error('The run was stopped.');
  return outcome.result.bundleFolder;
}

function compare(
  overrides: Partial<CompareModelsInput> = {},
  observer: (progress: ComparisonProgress) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<ModelComparison> {
  const bundles = { from: small, to: medium };
  return compareModels({ paths: [corpus.folder], bundles, seed: 5, threads: 1, ...overrides }, observer, signal);
}

describe('compareModels', { timeout: 120_000 }, () => {
  const told: ComparisonProgress[] = [];
  let comparison: ModelComparison;
  beforeAll(async () => {
    comparison = await compare({}, (progress) => told.push(progress));
  }, 120_000);

  it('measures every model on the test part, as the evaluation of a bundle does', async () => {
    const { config } = await readBundle(small);
    const { validationFraction, testFraction } = config.hyperparameters;
    const { test } = await prepareCorpus({ paths: [corpus.folder], seed: 3, validationFraction, testFraction });
    expect(comparison.heldOut).toEqual({
      part: 'test',
      documents: test.documents.length,
      tokens: test.ids.length - test.documents.length,
    });
    expect(comparison.dataSha256).toBe(config.dataSha256);
    const whole = await evaluateBundle(small, test.ids, 1);
    // The beginnings of documents are left out of the comparison; they are one token of 170.
    const { evaluation } = comparison.models[0]!;
    expect(Math.abs(evaluation.lossNats - whole.lossNats)).toBeLessThan(0.1);
    expect(evaluation.tokens).toBe(comparison.heldOut.tokens);
  });

  it('takes differences token by token and draws whole documents', () => {
    const [from, to] = comparison.models;
    const [pair] = comparison.pairs;
    expect(comparison.models.map(({ role, preset }) => [role, preset])).toEqual([
      ['from', 'small'],
      ['to', 'medium'],
    ]);
    expect(pair).toMatchObject({ role: 'to', confidence: 0.95, resamples: 10_000, unit: 'documents' });
    expect(pair!.units).toBe(comparison.heldOut.documents);
    expect(pair!.gainNats.estimate).toBeCloseTo(from!.evaluation.lossNats - to!.evaluation.lossNats, 6);
    expect(pair!.gainPoints.estimate).toBeCloseTo(100 * (to!.evaluation.top1 - from!.evaluation.top1), 8);
    expect(pair!.gainNats.low).toBeGreaterThan(0);
    expect(pair!.gainNats.high).toBeGreaterThan(pair!.gainNats.estimate);
    expect(pair!.wins).toBeGreaterThan(0.5);
  });

  it('counts the baseline on the training part alone, and finds it better than words by their frequency', () => {
    const { baseline, corpus: report } = comparison;
    expect(baseline.trainingTokens).toBe(report.train.tokens + report.train.documents);
    expect(baseline.evaluation.tokens).toBe(comparison.heldOut.tokens);
    expect(baseline.evaluation.perplexity).toBeLessThan(report.vocabularySize / 4);
    expect(baseline.evaluation.top1).toBeGreaterThan(0.2);
  });

  it('continues the same beginnings with every model', () => {
    expect(comparison.samples.length).toBeGreaterThan(1);
    expect(comparison.samples[0]!.prompt).toBe('');
    for (const { texts } of comparison.samples) expect(texts.map(({ role }) => role)).toEqual(['from', 'to']);
    const { prompt, original } = comparison.samples[1]!;
    const all = corpus.texts.join('\n').replaceAll(/\s+/gu, ' ');
    expect(all).toContain(prompt.replaceAll(/\s+/gu, ' '));
    expect(original).not.toBe('');
  });

  it('tells of its phases in order', () => {
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual([
      'reading',
      'baseline',
      'scoring',
      'resampling',
      'sampling',
    ]);
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(told.filter(({ phase }) => phase === 'scoring').length).toBeGreaterThan(2);
  });

  it('gives the same numbers again, through JSON too', async () => {
    const timeless = ({ models, seconds: _, ...rest }: ModelComparison) => ({
      ...rest,
      models: models.map(({ tokensPerSecond: __, ...model }) => model),
    });
    expect(timeless(await compare())).toEqual(timeless(JSON.parse(JSON.stringify(comparison)) as ModelComparison));
  });

  it('measures one model beside the baseline', async () => {
    const alone = await compare({ bundles: { from: small } });
    expect(alone.pairs).toEqual([]);
    expect(alone.models).toEqual([{ ...comparison.models[0], tokensPerSecond: expect.any(Number) as number }]);
    expect(alone.baseline).toEqual(comparison.baseline);
  });

  it('finds no difference between a model and itself', async () => {
    const { pairs } = await compare({ bundles: { from: small, fallback: small } });
    const nothing = { estimate: 0, low: 0, high: 0 };
    expect(pairs).toMatchObject([{ role: 'fallback', gainNats: nothing, gainPoints: nothing, wins: 0 }]);
  });

  it('reads the text with the vocabulary that a continued model kept', async () => {
    const more = await tinyCorpus({ documents: 20, words: 150, seed: 9 });
    try {
      const input = {
        paths: [more.folder],
        baseBundleFolder: small,
        hyperparameters: { n_epochs: 1, test_fraction: 0.3 },
      };
      const continued = await train('continued', { ...input, preset: 'small' });
      const { models } = await compare({ paths: [more.folder], bundles: { from: continued } });
      expect(models[0]!.evaluation.perplexity).toBeLessThan(100);
    } finally {
      await more.remove();
    }
  });

  it('refuses text that the models were not trained on, and models of two splits', async () => {
    const other = await tinyCorpus({ documents: 30, words: 150, seed: 2 });
    try {
      await expect(compare({ paths: [other.folder] })).rejects.toMatchObject({ code: 'corpus_mismatch' });
    } finally {
      await other.remove();
    }
    const elsewhere = await train('elsewhere', { seed: 4, hyperparameters: { ...SETTINGS, n_epochs: 1 } });
    await expect(compare({ bundles: { from: small, to: elsewhere } })).rejects.toMatchObject({
      code: 'corpus_mismatch',
    });
  });

  it.each(['reading', 'baseline', 'scoring', 'resampling', 'sampling'])(
    'ends as cancelled when aborted while %s',
    async (phase) => {
      const controller = new AbortController();
      const stop = (progress: ComparisonProgress): void => {
        if (progress.phase === phase) controller.abort();
      };
      await expect(compare({}, stop, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
    },
  );
});
