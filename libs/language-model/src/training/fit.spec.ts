import { describe, expect, it } from 'vitest';
import type { Parameters } from '../model/parameters.js';
import { resolveHyperparameters, type Hyperparameters } from '../model/presets.js';
import { fillUniform } from '../model/random.js';
import { comparableTexts, countSteps, createEvaluator, fit, type FitOptions, type FitResult } from './fit.js';
import { learningRateAt } from './schedule.js';
import type { TrainingEvent } from './training-event.js';
import { OnnxRuntimeEngine } from './training-engine.js';
import { TrainingStep } from './training-step.js';
import { WindowReader } from './window-reader.js';

const VOCABULARY = 12;
const ENGINE = new OnnxRuntimeEngine(1);
/** What follows 2 and 3 depends on words further back: a unigram or bigram model cannot learn it. */
const PERIOD = [1, 2, 4, 2, 5, 3, 2, 6, 3, 7, 2, 8, 3, 9, 2, 10, 11, 3, 4, 3, 5, 2, 7];

function pattern(length: number): Uint16Array {
  return Uint16Array.from({ length }, (_, i) => PERIOD[i % PERIOD.length]!);
}

function noise(length: number, seed: number): Uint16Array {
  const uniform = new Float32Array(length);
  fillUniform(uniform, seed, 0, 0);
  return Uint16Array.from(uniform, (u) => 1 + Math.floor(u * (VOCABULARY - 1)));
}

function settings(overrides: Readonly<Record<string, unknown>> = {}): Hyperparameters {
  return resolveHyperparameters('small', {
    embedding_dim: 8,
    lstm_units: 16,
    batch_size: 8,
    sequence_length: 20,
    dropout_rate: 0.1,
    learning_rate: 0.02,
    n_epochs: 4,
    ...overrides,
  });
}

async function run(
  options: Partial<FitOptions> = {},
  events: TrainingEvent[] = [],
  cancel?: AbortSignal,
): Promise<FitResult> {
  const outcome = await fit(
    {
      hyperparameters: settings(),
      vocabularySize: VOCABULARY,
      seed: 1,
      engine: ENGINE,
      train: pattern(3000),
      validation: pattern(400),
      ...options,
    },
    (event) => events.push(event),
    { cancel },
  );
  if (outcome.kind !== 'finished') throw new Error('The run was stopped.');
  return outcome;
}

function bytesOf(parameters: Parameters): string {
  return parameters.specs
    .map(({ name }) => Buffer.from(parameters.view(name).slice().buffer).toString('base64'))
    .join();
}

describe('fit', () => {
  it('gives byte-identical parameters for the same seed and others for another', async () => {
    const hyperparameters = settings({ n_epochs: 1 });
    const [first, again, other] = [
      await run({ hyperparameters }),
      await run({ hyperparameters }),
      await run({ hyperparameters, seed: 2 }),
    ];
    expect(bytesOf(first.parameters)).toBe(bytesOf(again.parameters));
    expect(bytesOf(first.parameters)).not.toBe(bytesOf(other.parameters));
  });

  it('learns a language whose next word depends on words further back', async () => {
    const counts = PERIOD.reduce((all, token) => all.set(token, (all.get(token) ?? 0) + 1), new Map<number, number>());
    const shares = [...counts.values()].map((count) => count / PERIOD.length);
    const unigramEntropyNats = -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
    const { best } = await run({ hyperparameters: settings({ n_epochs: 10 }) });
    expect(unigramEntropyNats).toBeGreaterThan(2);
    expect(best.validation.lossNats).toBeLessThan(unigramEntropyNats / 4);
    expect(best.validation.top1).toBeGreaterThan(0.9);
    expect(best.validation.top5).toBeGreaterThan(best.validation.top1 - 1e-9);
  });

  it('returns the parameters of the evaluation with the lowest validation loss', async () => {
    // Training on noise: the more it learns, the worse it predicts the pattern.
    const { parameters, best, evaluations } = await run({
      train: noise(2000, 1),
      hyperparameters: settings({ early_stopping_patience: 0 }),
    });
    const losses = evaluations.map(({ validation }) => validation.lossNats);
    expect(best.validation.lossNats).toBe(Math.min(...losses));
    expect(losses.at(-1)).toBeGreaterThan(best.validation.lossNats);
    const evaluator = await createEvaluator(parameters.architecture, parameters, ENGINE);
    const { lossNats } = await evaluator.evaluate(pattern(400));
    await evaluator.dispose();
    expect(lossNats).toBe(best.validation.lossNats);
  });

  it('makes the steps of the schedule on the windows of the text, and forgets the text at the end of each pass', async () => {
    const hyperparameters = settings({ n_epochs: 3 });
    const train = pattern(600);
    const { parameters, best } = await run({ hyperparameters, train });
    const { embeddingDim, lstmUnits, sequenceLength, batchSize, dropoutRate, learningRate, warmupFraction } =
      hyperparameters;
    const architecture = { vocabularySize: VOCABULARY, embeddingDim, lstmUnits, numLayers: 2 };
    const step = await TrainingStep.create({
      architecture,
      sequenceLength,
      batchSize,
      dropoutRate,
      seed: 1,
      engine: ENGINE,
      text: train,
    });
    const reader = new WindowReader(train, batchSize, sequenceLength, 1);
    expect([reader.windowsPerEpoch, best.step]).toEqual([3, 9]);
    for (let i = 0; i < 9; i++) {
      if (i % 3 === 0) step.resetState();
      const { ids, targets } = reader.read(Math.floor(i / 3), i % 3);
      const update = {
        learningRate: learningRateAt(i, 9, learningRate, warmupFraction),
        weightDecay: 0.05,
        clipNorm: 1,
      };
      await step.run(ids, targets, update);
    }
    expect(bytesOf(parameters)).toBe(bytesOf(step.parameters));
    await step.dispose();
  });

  it.each([
    ['the first pass over the text', { n_epochs: 20, warmup_fraction: 0 }],
    ['warm-up', { n_epochs: 20, warmup_fraction: 0.3 }],
  ])('does not stop early during %s, but soon afterwards', async (_name, overrides) => {
    const hyperparameters = settings({ early_stopping_patience: 1, learning_rate: 0.1, ...overrides });
    const train = noise(1300, 1);
    const result = await run({ hyperparameters, train, validation: pattern(200) });
    const windowsPerEpoch = Math.floor((train.length - 1) / 160);
    const total = countSteps(hyperparameters, windowsPerEpoch);
    const protectedSteps = Math.max(windowsPerEpoch, Math.ceil(total * hyperparameters.warmupFraction));
    expect(result.stoppedEarly).toBe(true);
    expect(result.steps).toBeGreaterThan(protectedSteps);
    expect(result.steps).toBeLessThan(total / 2);
  });

  it('runs to the end when early stopping is off', async () => {
    const hyperparameters = settings({
      early_stopping_patience: 0,
      learning_rate: 0.1,
      n_epochs: 6,
      warmup_fraction: 0,
    });
    const result = await run({ hyperparameters, train: noise(1300, 1), validation: pattern(200) });
    expect([result.stoppedEarly, result.steps, result.trainedTokens]).toEqual([false, 48, 48 * 160]);
  });

  it('reports positions that rise to the end, and measures both texts the same way', async () => {
    const events: TrainingEvent[] = [];
    const result = await run({ train: pattern(1000), validation: pattern(300) }, events);
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress[0]).toMatchObject({
      step: 1,
      totalSteps: 24,
      epoch: 1,
      epochs: 4,
      trainedTokens: 160,
      totalTokens: 24 * 160,
    });
    expect(progress.at(-1)).toMatchObject({ step: 24, epoch: 4, secondsLeft: 0 });
    const evaluations = events.filter((event) => event.type === 'evaluation');
    expect(evaluations).toEqual(result.evaluations);
    for (const { train, validation, gapPoints } of evaluations) {
      expect([train.tokens, validation.tokens]).toEqual([299, 299]);
      expect(gapPoints).toBeCloseTo(100 * (train.top1 - validation.top1), 10);
      expect(train).toEqual(validation); // the same text here
    }
  });

  it('ends with the reason of the signal, between two steps', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let evaluations = 0;
    const promise = run(
      { writeSample: () => ((evaluations += 1), controller.abort(reason), Promise.resolve('')) },
      [],
      controller.signal,
    );
    await expect(promise).rejects.toBe(reason);
    expect(evaluations).toBe(1);
  });

  it('stops at max_train_tokens, but makes at least one step', () => {
    expect(countSteps(settings({ n_epochs: 3 }), 10)).toBe(30);
    expect(countSteps(settings({ n_epochs: 3, max_train_tokens: 160 * 7 + 159 }), 10)).toBe(7);
    expect(countSteps(settings({ n_epochs: 3, max_train_tokens: 1 }), 10)).toBe(1);
    expect(countSteps(settings({ n_epochs: 3, max_train_tokens: 1e9 }), 10)).toBe(30);
  });

  it('compares texts of the same length', () => {
    const lengths = (...texts: [number, number, number]): number[] =>
      comparableTexts(pattern(texts[0]), pattern(texts[1]), texts[2]).map(({ length }) => length);
    expect(lengths(100, 30, 50)).toEqual([30, 30]);
    expect(lengths(20, 30, 50)).toEqual([20, 20]);
    expect(lengths(100, 90, 50)).toEqual([50, 50]);
  });
});
