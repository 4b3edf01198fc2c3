import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GraphSession } from '#tensor-graph';
import { architectureOf, countParameters, type Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { resolveHyperparameters, type Preset } from '../model/presets.js';
import { DecodeSession, type DecodeGraphs } from '../sampling/decode-session.js';
import { Tokenizer } from '../tokenizer/index.js';
import { exportBundle } from './export-bundle.js';
import type { Precision } from './quantization.js';
import { buildQuantizedDecodeGraph } from './quantized-decode-graph.js';
import { readBundle } from './read-bundle.js';

// Bitwise equality is what lets the same request with the same seed give the same text under any load.

const V = 10_000;
const STEPS = 4;
const BATCH_SIZES = [1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 100, 128];
/** Whether steps of a batch return logits; probabilities must not depend on that either. */
const withLogits = (B: number): boolean => B % 3 !== 1 || B === 1;
const roots: string[] = [];

afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true });
});

/** A bundle of real size; kernels choose their way by the sizes, so small ones would prove nothing. */
async function makeBundle(preset: Preset): Promise<{ folder: string; parameters: Parameters }> {
  const hyperparameters = resolveHyperparameters(preset);
  const architecture = architectureOf(hyperparameters, V);
  const parameters = new Parameters(architecture);
  for (const { name } of parameters.specs) {
    const view = parameters.view(name);
    let noise = 1;
    for (let i = 0; i < view.length; i++) {
      noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
      view[i] = (name.endsWith('gain') ? 1 : 0) + 0.3 * (noise / 2 ** 32 - 0.5);
    }
  }
  const words = Array.from({ length: V - 2 }, (_, index) => `w${index}`);
  const tokens = ['<unk>', '<doc>', ...words];
  const tokenizer = Tokenizer.fromJSON({ format: 'understudy-tokenizer', version: 1, mode: 'words', tokens });
  const root = await mkdtemp(join(tmpdir(), 'understudy-rows-'));
  roots.push(root);
  const config = {
    format: 'understudy-model',
    version: 1,
    ...architecture,
    preset,
    parameters: countParameters(architecture),
    hyperparameters,
    seed: 1,
    dataSha256: null,
    evaluation: { validation: null },
  } as const;
  await exportBundle(root, { config, tokenizer, parameters, card: '' });
  return { folder: root, parameters };
}

/** What one row computes, step after step, at a place in a batch whose other rows read other tokens at other temperatures. */
async function rowInBatch(graphs: DecodeGraphs, architecture: Architecture, B: number): Promise<Uint32Array> {
  const session = new DecodeSession(graphs, architecture, B);
  const place = B >> 1;
  for (let row = 0; row < B; row++) session.join(session.emptyState());
  const bits = new Uint32Array(STEPS * 2 * V);
  for (let t = 0; t < STEPS; t++) {
    for (let row = 0; row < B; row++) {
      session.ids[row] = BigInt((row * 37 + t * 101 + B) % V);
      session.inverseTemperatures[row] = 0.5 + ((row + B) % 5);
    }
    session.ids[place] = BigInt(1234 + t * 77);
    session.inverseTemperatures[place] = 1.25;
    await session.step(withLogits(B));
    const results = withLogits(B) ? [session.probabilities, session.logits] : [session.probabilities];
    results.forEach((values, index) => {
      const row = values.slice(place * V, (place + 1) * V);
      bits.set(new Uint32Array(row.buffer), (2 * t + index) * V);
    });
  }
  return bits;
}

describe.each(['small', 'medium'] as const)('a row of %s', (preset) => {
  it(
    'has the same logits and probabilities, bit for bit, at every batch size, place and number of threads',
    { timeout: 120_000 },
    async () => {
      const { folder, parameters } = await makeBundle(preset);
      const bundle = await readBundle(folder);
      const quantized = buildQuantizedDecodeGraph(parameters);
      for (const precision of ['float32', 'int8'] satisfies Precision[]) {
        let first: Uint32Array | undefined;
        for (const threads of [1, 2]) {
          const graphs: DecodeGraphs = {
            prefill: await bundle.session('prefill.onnx', threads),
            decode:
              precision === 'float32'
                ? await bundle.session('decode.onnx', threads)
                : await GraphSession.create(quantized, { threads }),
          };
          for (const B of BATCH_SIZES) {
            const bits = await rowInBatch(graphs, bundle.architecture, B);
            first ??= bits;
            const isComputed = (i: number): boolean => withLogits(B) || Math.floor(i / V) % 2 === 0;
            const different = bits.findIndex((value, i) => isComputed(i) && value !== first![i]);
            expect(different, `${precision}, ${threads} threads, batch ${B}: first different number`).toBe(-1);
          }
          await graphs.decode.dispose();
          await graphs.prefill.dispose();
        }
      }
    },
  );
});
