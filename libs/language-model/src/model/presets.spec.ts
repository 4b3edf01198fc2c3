import { describe, expect, it } from 'vitest';
import { architectureOf, countParameters, parameterSpecs } from './architecture.js';
import { initializeParameters, Parameters } from './parameters.js';
import { PRESETS, resolveHyperparameters } from './presets.js';

const EVERY_NAME: Readonly<Record<string, unknown>> = {
  embedding_dim: 24,
  lstm_units: 48,
  num_layers: 1,
  dropout_rate: 0.5,
  sequence_length: 20,
  batch_size: 16,
  n_epochs: 3,
  max_train_tokens: 1000,
  learning_rate: 0.01,
  weight_decay: 0,
  warmup_fraction: 0.2,
  gradient_clip_norm: 5,
  early_stopping_patience: 0,
  max_vocab_size: 500,
  validation_fraction: 0.1,
  test_fraction: 0.2,
  learning_rate_multiplier: 3,
  tokenization: 'words',
};

describe('presets', () => {
  it.each([
    ['small', 4_770_576],
    ['intermediate', 6_247_440],
    ['medium', 7_838_992],
  ])('%s has %d parameters with a vocabulary of 10,000', (preset, parameters) => {
    expect(countParameters(architectureOf(resolveHyperparameters(preset), 10_000))).toBe(parameters);
  });

  it.each(Object.keys(PRESETS))('%s resolves to its sizes and the defaults', (preset) => {
    expect(resolveHyperparameters(preset)).toMatchObject({
      preset,
      ...PRESETS[preset as keyof typeof PRESETS],
      numLayers: 2,
      sequenceLength: 50,
      batchSize: 32,
      tokenization: 'text',
    });
  });
});

describe('resolveHyperparameters', () => {
  it('takes "auto" and undefined for the default', () => {
    const automatic = Object.fromEntries(Object.keys(EVERY_NAME).map((name) => [name, 'auto']));
    expect(resolveHyperparameters('medium', automatic)).toEqual(resolveHyperparameters('medium'));
    expect(resolveHyperparameters('medium', { n_epochs: undefined })).toEqual(resolveHyperparameters('medium'));
  });

  it.each([
    [1, 0.1],
    [4, 0.1],
    [5, 0.25],
    ['auto', 0.25],
  ])('drops fewer units where a text is read %s times, unless told how many', (epochs, dropoutRate) => {
    expect(resolveHyperparameters('small', { n_epochs: epochs })).toMatchObject({ dropoutRate });
    expect(resolveHyperparameters('small', { n_epochs: epochs, dropout_rate: 0.3 })).toMatchObject({
      dropoutRate: 0.3,
    });
  });

  it('takes every name that it knows', () => {
    expect(() => resolveHyperparameters('small', { '?': 1 })).toThrow(`Known: ${Object.keys(EVERY_NAME).join(', ')}.`);
    expect(resolveHyperparameters('small', EVERY_NAME)).toEqual({
      preset: 'small',
      embeddingDim: 24,
      lstmUnits: 48,
      numLayers: 1,
      dropoutRate: 0.5,
      sequenceLength: 20,
      batchSize: 16,
      epochs: 3,
      maxTrainTokens: 1000,
      learningRate: 0.03,
      weightDecay: 0,
      warmupFraction: 0.2,
      gradientClipNorm: 5,
      earlyStoppingPatience: 0,
      maxVocabSize: 500,
      validationFraction: 0.1,
      testFraction: 0.2,
      tokenization: 'words',
    });
  });

  it.each([
    ['no preset', 'huge', {}, 'invalid_value', 'model', /no preset "huge".*small, intermediate, medium/],
    ['a name of Object', 'constructor', {}, 'invalid_value', 'model', /no preset/],
    ['an unknown name', 'small', { epochs: 3 }, 'unknown_parameter', 'epochs', /"epochs".*n_epochs/],
    ['an unknown name of Object', 'small', { toString: 3 }, 'unknown_parameter', 'toString', /toString/],
    ['a number below the range', 'small', { n_epochs: 0 }, 'invalid_value', 'n_epochs', /from 1 to 1000, not 0/],
    [
      'a number above the range',
      'small',
      { dropout_rate: 0.95 },
      'invalid_value',
      'dropout_rate',
      /0 to 0.9, not 0.95/,
    ],
    ['a fraction for a whole number', 'small', { batch_size: 1.5 }, 'invalid_value', 'batch_size', /whole number.*1.5/],
    ['text for a number', 'small', { batch_size: '32' }, 'invalid_value', 'batch_size', /not "32"/],
    ['NaN', 'small', { learning_rate: NaN }, 'invalid_value', 'learning_rate', /learning_rate/],
    ['null', 'small', { lstm_units: null }, 'invalid_value', 'lstm_units', /not null/],
    [
      'a multiplier of zero',
      'small',
      { learning_rate_multiplier: 0 },
      'invalid_value',
      'learning_rate_multiplier',
      /not 0/,
    ],
    [
      'another tokenization',
      'small',
      { tokenization: 'bytes' },
      'invalid_value',
      'tokenization',
      /text or words, not "bytes"/,
    ],
  ] as const)('refuses %s and says what is allowed', (_name, preset, overrides, code, param, message) => {
    expect(() => resolveHyperparameters(preset, overrides)).toThrow(
      expect.objectContaining({ code, param, message: expect.stringMatching(message) as string }),
    );
  });

  it('gives a value that nobody can change', () => {
    expect(Object.isFrozen(resolveHyperparameters('small'))).toBe(true);
  });
});

describe('parameters', () => {
  const ARCHITECTURE = { vocabularySize: 40, embeddingDim: 6, lstmUnits: 10, numLayers: 2 };

  function initialized(seed: number): Parameters {
    const parameters = new Parameters(ARCHITECTURE);
    initializeParameters(parameters, seed);
    return parameters;
  }

  it('stand in the order embedding, layers, output, and only matrices are decayed', () => {
    const specs = parameterSpecs(ARCHITECTURE);
    const layer = (l: number): string[] => [
      `lstm.${l}.input`,
      `lstm.${l}.recurrent`,
      `lstm.${l}.bias`,
      `norm.${l}.gain`,
      `norm.${l}.bias`,
    ];
    expect(specs.map(({ name }) => name)).toEqual([
      'embedding.weight',
      ...layer(0),
      ...layer(1),
      'output.weight',
      'output.bias',
    ]);
    for (const { shape, decayed } of specs) expect(decayed).toBe(shape.length === 2);
  });

  it('start from the seed alone, each matrix differently, within its limits', () => {
    const [first, again, other] = [initialized(1), initialized(1), initialized(2)];
    for (const { name, shape } of first.specs.filter((spec) => spec.shape.length === 2)) {
      const values = [...first.view(name)];
      expect(values).toEqual([...again.view(name)]);
      expect(values).not.toEqual([...other.view(name)]);
      const limit = name === 'embedding.weight' ? 0.05 : Math.sqrt(6 / (shape[0]! + shape[1]!));
      const largest = Math.max(...values.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(Math.fround(limit));
      expect(largest).toBeGreaterThan(0.9 * limit);
      expect(Math.abs(values.reduce((a, b) => a + b) / values.length)).toBeLessThan(0.15 * limit);
    }
    expect([...first.view('lstm.0.recurrent')]).not.toEqual([...first.view('lstm.1.recurrent')]);
  });

  it('start with an open forget gate, a gain of 1 and no other bias', () => {
    const parameters = initialized(1);
    const bias = [...parameters.view('lstm.1.bias')];
    expect(bias).toEqual(bias.map((_, i) => (i >= 20 && i < 30 ? 1 : 0)));
    expect(new Set(parameters.view('norm.0.gain'))).toEqual(new Set([1]));
    for (const name of ['norm.0.bias', 'output.bias']) expect(new Set(parameters.view(name))).toEqual(new Set([0]));
  });

  it('start with the output bias at the logarithm of the smoothed shares of a text', () => {
    const parameters = new Parameters(ARCHITECTURE);
    initializeParameters(parameters, 1, Uint16Array.of(3, 3, 3, 5, 5, 7, 9, 9, 9, 9));
    const bias = parameters.view('output.bias');
    // 10 tokens and one more for each of 40 words.
    expect([bias[3], bias[5], bias[7], bias[9], bias[0]].map((value) => Math.exp(value!) * 50)).toEqual(
      [4, 3, 2, 5, 1].map((count) => expect.closeTo(count, 4) as number),
    );
    expect(bias.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  it('are refused by a name that does not exist', () => {
    expect(() => initialized(1).view('lstm.2.bias')).toThrow(RangeError);
  });
});
