import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession, float32Tensor, type HostTensor } from '#tensor-graph';
import { buildDecodeGraph, buildPrefillGraph } from '../bundle/serving-graphs.js';
import type { Architecture } from '../model/architecture.js';
import { Parameters, initializeParameters } from '../model/parameters.js';
import { DecodeSession } from './decode-session.js';

const V = 40;
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: 8, lstmUnits: 12, numLayers: 2 };
const parameters = new Parameters(ARCHITECTURE);
const opened: DecodeSession[] = [];

beforeAll(() => initializeParameters(parameters, 5));
afterEach(async () => {
  for (const session of opened.splice(0)) await session.dispose();
});

async function open(capacity: number): Promise<DecodeSession> {
  const constantFeeds: Record<string, HostTensor> = {};
  for (const { name, shape } of parameters.specs) constantFeeds[name] = float32Tensor(parameters.view(name), shape);
  const decode = await GraphSession.create(buildDecodeGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  const prefill = await GraphSession.create(buildPrefillGraph(ARCHITECTURE, 'fed'), { threads: 1 });
  const session = new DecodeSession({ decode, prefill, constantFeeds }, ARCHITECTURE, capacity);
  opened.push(session);
  return session;
}

/** Adds a row that has read a text but its last token, which the next step reads. */
async function start(session: DecodeSession, tokens: readonly number[], temperature = 1): Promise<number> {
  const state = await session.prefill(session.emptyState(), tokens.slice(0, -1));
  const row = session.join(state);
  session.ids[row] = BigInt(tokens.at(-1)!);
  session.inverseTemperatures[row] = 1 / temperature;
  return row;
}

const rowOf = (values: Float32Array, row: number): number[] => [...values.subarray(row * V, (row + 1) * V)];

/** Logits after a text, read in a session of its own. */
async function logitsAfter(tokens: readonly number[]): Promise<number[]> {
  const session = await open(2);
  // Two rows, since the weights are fed here: a single row of such a product is added up in another order.
  await start(session, tokens);
  await start(session, tokens);
  await session.step();
  return rowOf(session.logits, 0);
}

describe('logits', () => {
  it('do not depend on the temperature, and give the probabilities when they are scaled by it', async () => {
    const session = await open(3);
    const temperatures = [1, 0.5, 1.7];
    for (const temperature of temperatures) await start(session, [1, 9, 4], temperature);
    await session.step();
    temperatures.forEach((temperature, row) => {
      const logits = rowOf(session.logits, row);
      expect(logits).toEqual(rowOf(session.logits, 0));
      const weights = logits.map((logit) => Math.exp(logit / temperature));
      const sum = weights.reduce((a, b) => a + b);
      rowOf(session.probabilities, row).forEach((p, id) =>
        expect(Math.abs(p - weights[id]! / sum), `token ${id}`).toBeLessThan(1e-6),
      );
    });
  });

  it('may be left out of a step, which changes nothing else', async () => {
    const [with_, without] = [await open(2), await open(2)];
    for (const session of [with_, without]) {
      await start(session, [1, 9, 4], 0.5);
      await start(session, [1, 7, 2, 8]);
    }
    for (const id of [5n, 6n]) {
      await with_.step();
      await without.step(false);
      expect([...without.probabilities]).toEqual([...with_.probabilities]);
      expect(() => without.logits).toThrow('left the logits out');
      for (const session of [with_, without]) session.ids.set([id, id + 3n]);
    }
    await with_.step();
    await without.step();
    expect([...without.logits]).toEqual([...with_.logits]);
  });

  it('leave nothing for <unk>', async () => {
    const session = await open(1);
    await start(session, [1, 9, 4]);
    await session.step();
    expect(session.logits[0]).toBeLessThan(-900);
    expect(session.probabilities[0]).toBe(0);
  });
});

describe('rows', () => {
  it('that are forked go on as the row that they come from, each with its own next token', async () => {
    const session = await open(4);
    await start(session, [1, 7, 3]);
    const row = await start(session, [1, 5, 6, 8], 0.7);
    const copy = session.fork(row);
    expect([copy, session.rows]).toEqual([2, 3]);
    await session.step();
    expect(rowOf(session.logits, copy)).toEqual(rowOf(session.logits, row));
    expect(rowOf(session.probabilities, copy)).toEqual(rowOf(session.probabilities, row));
    session.ids.set([2n, 11n, 12n]);
    await session.step();
    for (const [of, text] of [
      [row, [1, 5, 6, 8, 11]],
      [copy, [1, 5, 6, 8, 12]],
    ] as const) {
      const expected = await logitsAfter(text);
      rowOf(session.logits, of).forEach((logit, id) => expect(Math.abs(logit - expected[id]!)).toBeLessThan(1e-5));
    }
  });

  it('that are rearranged take over from their parents all at once, and the others stay', async () => {
    const texts = [
      [1, 7, 3],
      [1, 5, 6, 8],
      [1, 2],
      [1, 30, 31, 32, 33],
    ];
    const session = await open(texts.length);
    for (const [index, text] of texts.entries()) await start(session, text, index + 1);
    // 0 and 1 change places, 3 becomes another 1, 2 is left alone.
    session.rearrange([0, 1, 3], [1, 0, 1]);
    expect([...session.inverseTemperatures]).toEqual([0.5, 1, Math.fround(1 / 3), 0.5]);
    await session.step();
    const expected = [1, 0, 2, 1].map((parent) => texts[parent]!);
    for (const [row, text] of expected.entries())
      expect(rowOf(session.logits, row), `row ${row}`).toEqual(await logitsAfter(text));
  });

  it('that leave give their place to the last one', async () => {
    const session = await open(3);
    await start(session, [1, 7, 3]);
    await start(session, [1, 5]);
    await start(session, [1, 5, 6, 8]);
    session.leave(0);
    await session.step();
    expect(rowOf(session.logits, 0)).toEqual(await logitsAfter([1, 5, 6, 8]));
    expect(rowOf(session.logits, 1)).toEqual(await logitsAfter([1, 5]));
  });
});
