import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession, float32Tensor, int64Tensor, type HostTensor } from '#tensor-graph';
import { countParameters, type Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { resolveHyperparameters } from '../model/presets.js';
import { fillUniform } from '../model/random.js';
import { VocabularyBuilder } from '../tokenizer/index.js';
import { createEvaluator } from '../training/fit.js';
import { OnnxRuntimeEngine } from '../training/training-engine.js';
import { buildEvaluationGraph } from '../training/training-graph.js';
import { exportBundle } from './export-bundle.js';
import { DEFAULT_TOLERANCE, describeQuantization, judgeQuantization } from './quantization.js';
import { readBundle, type BundleConfig, type GraphFile } from './read-bundle.js';
import { compareEvaluations, evaluateBundle } from './verify-bundle.js';

const T = 50;
const H = 10;
const STATES = ['hidden_0', 'cell_0', 'hidden_1', 'cell_1'];

function buildTokenizer() {
  const builder = new VocabularyBuilder('text');
  builder.push('The cat sat on the mat. The dog sat on the cat, and the mat was red!');
  builder.endDocument();
  return builder.build([{ start: 0, length: builder.length }], { maxVocabularySize: 100, minimumCount: 1 }).tokenizer;
}

const tokenizer = buildTokenizer();
const V = tokenizer.vocabularySize;
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: 6, lstmUnits: H, numLayers: 2 };
const parameters = new Parameters(ARCHITECTURE);
const text = Uint16Array.from({ length: 333 }, (_, i) => 1 + ((i * i + (i % 5)) % (V - 1)));

const config: BundleConfig = {
  format: 'understudy-model',
  version: 1,
  ...ARCHITECTURE,
  preset: 'small',
  parameters: countParameters(ARCHITECTURE),
  hyperparameters: resolveHyperparameters('small'),
  seed: 1,
  dataSha256: 'd'.repeat(64),
  evaluation: { validation: { tokens: 1, lossNats: 1, perplexity: Math.E, top1: 0, top5: 0 } },
};

let root: string;
let bundle: string;
beforeAll(async () => {
  parameters.specs.forEach(({ name }, index) => {
    const view = parameters.view(name);
    fillUniform(view, 6, 0, index);
    for (let i = 0; i < view.length; i++) view[i] = (name.endsWith('gain') ? 1 : 0) + 1.6 * (view[i]! - 0.5);
  });
  // The text holds no <unk>; so unlikely, it takes nothing away from the other words when decoding leaves it out.
  parameters.view('output.bias')[0] = -60;
  root = await mkdtemp(join(tmpdir(), 'understudy-bundle-'));
  bundle = join(root, 'bundle');
  await exportBundle(bundle, { config, tokenizer, parameters, card: '# A card – with more than ASCII\n' });
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

/** A copy of the bundle to damage. */
async function copyBundle(name: string): Promise<string> {
  const copy = join(root, name);
  await cp(bundle, copy, { recursive: true });
  return copy;
}

describe('an exported bundle', () => {
  it('lists every file but the list itself, with its size and hash', async () => {
    const files = (await readdir(bundle)).filter((name) => name !== 'manifest.json').sort();
    const manifest = JSON.parse(await readFile(join(bundle, 'manifest.json'), 'utf8')) as { files: { path: string }[] };
    expect(manifest).toMatchObject({ format: 'understudy-bundle', version: 1 });
    const expected = await Promise.all(
      files.map(async (path) => {
        const bytes = await readFile(join(bundle, path));
        return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
      }),
    );
    expect([...manifest.files].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(expected);
    expect(files).toEqual([
      'card.md',
      'config.json',
      'decode.onnx',
      'model.safetensors',
      'prefill.onnx',
      'score.onnx',
      'tokenizer.json',
    ]);
  });

  it('is the same bytes when it is exported again', async () => {
    const again = join(root, 'again');
    await exportBundle(again, { config, tokenizer, parameters, card: '# A card – with more than ASCII\n' });
    for (const name of await readdir(bundle)) {
      expect((await readFile(join(again, name))).equals(await readFile(join(bundle, name))), name).toBe(true);
    }
  });

  it('keeps the weights in one file, not in the graphs', async () => {
    const weights = 4 * config.parameters;
    for (const name of ['decode.onnx', 'prefill.onnx', 'score.onnx']) {
      expect((await readFile(join(bundle, name))).length, name).toBeLessThan(weights);
    }
  });

  it('is read back as what it was made of', async () => {
    const read = await readBundle(bundle);
    expect(read.config).toEqual(config);
    expect(read.architecture).toEqual(ARCHITECTURE);
    expect(read.tokenizer.toJSON()).toEqual(tokenizer.toJSON());
  });
});

describe('the exported graphs', () => {
  const ids = text.subarray(0, T);
  const targets = text.subarray(1, T + 1);
  let expected: Record<string, number[]>;
  beforeAll(async () => {
    const feeds: Record<string, HostTensor> = { ...zeroStates(), ids: steps(ids), targets: flat(targets) };
    for (const { name, shape } of parameters.specs) feeds[name] = float32Tensor(parameters.view(name), shape);
    const session = await GraphSession.create(buildEvaluationGraph(ARCHITECTURE, T), { threads: 1 });
    expected = numbers(await session.run(feeds));
    await session.dispose();
  });

  it('score a text in one go and token by token as the trainer does', async () => {
    await using score = await open('score.onnx');
    const whole = numbers(await score.session.run({ ...zeroStates(), ids: steps(ids), targets: flat(targets) }));
    let feeds: Record<string, HostTensor> = zeroStates();
    const losses: number[] = [];
    const ranks: number[] = [];
    for (let t = 0; t < T; t++) {
      feeds = { ...feeds, ids: steps(ids.subarray(t, t + 1)), targets: flat(targets.subarray(t, t + 1)) };
      const results = await score.session.run(feeds);
      losses.push(...(results['losses']!.data as Float32Array));
      ranks.push(...(results['ranks']!.data as Float32Array));
      feeds = nextFeeds(results);
    }
    expectClose(whole['losses']!, expected['losses']!);
    expectClose(losses, expected['losses']!);
    expect(whole['ranks']).toEqual(expected['ranks']);
    expect(ranks).toEqual(expected['ranks']);
  });

  it('prefill and decode to the state and the probabilities that the trainer has', async () => {
    await using prefill = await open('prefill.onnx');
    await using decode = await open('decode.onnx');
    const filled = numbers(await prefill.session.run({ ...zeroStates(), ids: steps(ids) }));
    let feeds: Record<string, HostTensor> = { ...zeroStates() };
    const losses: number[] = [];
    for (let t = 0; t < T; t++) {
      feeds['ids'] = steps(ids.subarray(t, t + 1));
      feeds['inverse_temperature'] = float32Tensor(Float32Array.of(1), [1, 1]);
      const results = await decode.session.run(feeds);
      losses.push(-Math.log((results['probabilities']!.data as Float32Array)[targets[t]!]!));
      feeds = nextFeeds(results);
    }
    expectClose(losses, expected['losses']!);
    for (const name of STATES) {
      expectClose(filled[`next_${name}`]!, expected[`next_${name}`]!);
      expectClose([...(feeds[name]!.data as Float32Array)], expected[`next_${name}`]!);
    }
  });

  it('decode by the weights alone where the graph was written before it returned logits', async () => {
    const old = await copyBundle('old');
    await cp(join(bundle, 'score.onnx'), join(old, 'decode.onnx')); // a graph without logits
    const feeds = {
      ...zeroStates(),
      ids: steps(ids.subarray(0, 1)),
      inverse_temperature: float32Tensor(Float32Array.of(0.7), [1, 1]),
    };
    const results: Record<string, number[]>[] = [];
    for (const folder of [bundle, old]) {
      const session = await (await readBundle(folder)).session('decode.onnx', 1);
      results.push(numbers(await session.run(feeds)));
      await session.dispose();
    }
    expect(results[0]!['logits']).toHaveLength(V);
    expect(results[1]).toEqual(results[0]);
  });

  function zeroStates(): Record<string, HostTensor> {
    return Object.fromEntries(STATES.map((name) => [name, float32Tensor(new Float32Array(H), [1, 1, H])]));
  }

  function steps(tokens: Uint16Array): HostTensor {
    return int64Tensor(BigInt64Array.from(tokens, BigInt), [tokens.length, 1]);
  }

  function flat(tokens: Uint16Array): HostTensor {
    return int64Tensor(BigInt64Array.from(tokens, BigInt), [tokens.length]);
  }

  function numbers(results: Record<string, HostTensor>): Record<string, number[]> {
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...(data as Float32Array)]]));
  }

  function nextFeeds(results: Record<string, HostTensor>): Record<string, HostTensor> {
    return Object.fromEntries(STATES.map((name) => [name, results[`next_${name}`]!]));
  }

  async function open(file: GraphFile): Promise<{ session: GraphSession; [Symbol.asyncDispose](): Promise<void> }> {
    const session = await (await readBundle(bundle)).session(file, 1);
    return { session, [Symbol.asyncDispose]: () => session.dispose() };
  }

  function expectClose(actual: readonly number[], wanted: readonly number[]): void {
    expect(actual.length).toBe(wanted.length);
    actual.forEach((value, i) => expect(Math.abs(value - wanted[i]!), `element ${i}`).toBeLessThan(1e-5));
  }
});

describe('a bundle with an int8 variant', () => {
  const check = { text, tolerance: DEFAULT_TOLERANCE, threads: 1 };
  const card = '# A card\n';
  let folder: string;
  beforeAll(async () => {
    folder = join(root, 'int8');
    await exportBundle(folder, { config, tokenizer, parameters, card }, check);
  });

  it('says in configuration and card how it was measured to compare', async () => {
    const { quantization, ...rest } = (await readBundle(folder)).config;
    expect(rest).toEqual(config);
    const { float32, int8, tokens } = quantization!;
    expect(tokens).toBe(6 * (Math.floor(text.length / 6) - 1)); // six lanes, whose first tokens nothing predicts
    expect(quantization).toEqual(judgeQuantization(tokens, float32, int8, DEFAULT_TOLERANCE));
    // The two graphs must have been different ones that compute nearly the same.
    expect(int8.perplexity).not.toBe(float32.perplexity);
    expect(Math.abs(int8.perplexity / float32.perplexity - 1)).toBeLessThan(0.1);
    expect(await readFile(join(folder, 'card.md'), 'utf8')).toBe(card + describeQuantization(quantization!));
  });

  it('measures what the float32 graph predicts as the trainer does', async () => {
    // One lane: shorter than two lanes' worth, read in one go by both.
    const short = text.subarray(0, 51);
    const single = join(root, 'single');
    await exportBundle(single, { config, tokenizer, parameters, card }, { ...check, text: short });
    const { quantization } = (await readBundle(single)).config;
    const trainer = await evaluateBundle(single, short, 1);
    expect(quantization!.tokens).toBe(trainer.tokens);
    expect(Math.abs(quantization!.float32.perplexity / trainer.perplexity - 1)).toBeLessThan(1e-4);
    expect(quantization!.float32.top1).toBeCloseTo(trainer.top1, 10);
  });

  it('is judged by the tolerance that it is given', async () => {
    const strict = join(root, 'strict');
    const tolerance = { perplexityPercent: -50, top1Points: 0 };
    await exportBundle(strict, { config, tokenizer, parameters, card }, { ...check, tolerance });
    expect((await readBundle(strict)).config.quantization).toMatchObject({ held: false, tolerance });
  });

  it('lists the files as they are, and is the same bytes when it is exported again', async () => {
    const again = join(root, 'int8-again');
    await exportBundle(again, { config, tokenizer, parameters, card }, check);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
      files: { path: string; sha256: string; sizeBytes: number }[];
    };
    expect(manifest.files.map(({ path }) => path).sort()).toEqual(
      (await readdir(folder)).filter((name) => name !== 'manifest.json').sort(),
    );
    for (const { path, sha256, sizeBytes } of manifest.files) {
      const bytes = await readFile(join(folder, path));
      expect([createHash('sha256').update(bytes).digest('hex'), bytes.length], path).toEqual([sha256, sizeBytes]);
      expect((await readFile(join(again, path))).equals(bytes), path).toBe(true);
    }
  });

  it('has small weights of its own', async () => {
    const { parameters: count } = config;
    expect((await readFile(join(folder, 'decode.int8.onnx'))).length).toBeLessThan(2 * count + 10_000);
    await rm(join(folder, 'model.safetensors'));
    const session = await (await readBundle(folder)).session('decode.int8.onnx', 1);
    await session.dispose();
  });
});

describe('comparing the bundle with the trainer', () => {
  async function measureByTrainer() {
    const evaluator = await createEvaluator(ARCHITECTURE, parameters, new OnnxRuntimeEngine(1));
    try {
      return await evaluator.evaluate(text);
    } finally {
      await evaluator.dispose();
    }
  }

  it('accepts what was exported', async () => {
    const [trainer, exported] = [await measureByTrainer(), await evaluateBundle(bundle, text, 1)];
    expect(() => compareEvaluations(trainer, exported)).not.toThrow();
  });

  it('throws version_mismatch when one weight is disturbed', async () => {
    const disturbed = await copyBundle('disturbed');
    const path = join(disturbed, 'model.safetensors');
    const bytes = await readFile(path);
    const at = bytes.length - 4 * V + 4 * text[5]!; // the output bias stands last
    bytes.writeFloatLE(bytes.readFloatLE(at) + 0.05, at);
    await writeFile(path, bytes);
    const [trainer, exported] = [await measureByTrainer(), await evaluateBundle(disturbed, text, 1)];
    expect(() => compareEvaluations(trainer, exported)).toThrow(
      expect.objectContaining({ code: 'version_mismatch', message: expect.stringContaining('332 tokens') as string }),
    );
  });

  it('throws version_mismatch for another number of tokens and for what is no number', async () => {
    const trainer = await measureByTrainer();
    for (const change of [{ tokens: 331 }, { lossNats: NaN }, { lossNats: Infinity }]) {
      expect(() => compareEvaluations(trainer, { ...trainer, ...change })).toThrow(
        expect.objectContaining({ code: 'version_mismatch' }),
      );
    }
  });
});

describe('a damaged bundle', () => {
  const altered = (change: object): string => JSON.stringify({ ...config, ...change });
  it.each([
    ['config.json is missing', 'config.json', null, 'bundle_missing'],
    ['tokenizer.json is missing', 'tokenizer.json', null, 'bundle_missing'],
    ['config.json is cut off', 'config.json', '{"format"', 'bundle_corrupt'],
    ['config.json is null', 'config.json', 'null', 'bundle_corrupt'],
    ['config.json is empty', 'config.json', '{}', 'bundle_corrupt'],
    ['config.json has another version', 'config.json', altered({ version: 2 }), 'bundle_corrupt'],
    ['config.json has no size', 'config.json', altered({ lstmUnits: undefined }), 'bundle_corrupt'],
    ['the vocabularies differ', 'config.json', altered({ vocabularySize: V + 1 }), 'bundle_corrupt'],
    ['tokenizer.json is a list', 'tokenizer.json', '[]', 'bundle_corrupt'],
  ])('is refused when %s', async (name, file, contents, code) => {
    const damaged = await copyBundle(name);
    await (contents === null ? rm(join(damaged, file)) : writeFile(join(damaged, file), contents));
    await expect(readBundle(damaged)).rejects.toMatchObject({ code });
  });

  it.each(['model.safetensors', 'decode.onnx'])('is refused when %s is cut off', async (file) => {
    const damaged = await copyBundle(`cut-${file}`);
    await truncate(join(damaged, file), 500);
    const read = await readBundle(damaged);
    await expect(read.session('decode.onnx', 1)).rejects.toMatchObject({ code: 'bundle_corrupt' });
  });
});
