import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession } from '#tensor-graph';
import { buildScoreGraph } from '../bundle/serving-graphs.js';
import type { Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { fillUniform } from '../model/random.js';
import { referenceLogits } from '../model/reference-logits.js';
import { createEvaluator } from '../training/fit.js';
import { OnnxRuntimeEngine } from '../training/training-engine.js';
import { gapPoints, TextEvaluator, type Evaluation } from './text-evaluator.js';

const [V, E, H] = [13, 4, 5];
const ARCHITECTURE: Architecture = { vocabularySize: V, embeddingDim: E, lstmUnits: H, numLayers: 2 };

function text(length: number): Uint16Array {
  return Uint16Array.from({ length }, (_, i) => (i * i * 3 + (i % 7)) % V);
}

/** The evaluation by its definition: pieces read from the zero state, each token but the first predicted once. */
function evaluateByDefinition(parameters: Parameters, tokens: Uint16Array): Evaluation {
  const predicted = tokens.length - 1;
  const pieces = Math.max(1, Math.min(16, Math.ceil(predicted / 50)));
  const pieceLength = Math.ceil(predicted / pieces);
  let [lossSum, first, fifth, count] = [0, 0, 0, 0];
  for (let start = 0; start < predicted; start += pieceLength) {
    const end = Math.min(start + pieceLength, predicted);
    referenceLogits(parameters, tokens.subarray(start, end)).forEach((logits, i) => {
      const right = logits[tokens[start + i + 1]!]!;
      lossSum += Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - right), 0));
      const rank = logits.filter((logit) => logit > right).length;
      if (rank < 1) first++;
      if (rank < 5) fifth++;
      count++;
    });
  }
  const lossNats = lossSum / count;
  return { tokens: count, lossNats, perplexity: Math.exp(lossNats), top1: first / count, top5: fifth / count };
}

describe('TextEvaluator', () => {
  const parameters = new Parameters(ARCHITECTURE);
  const opened: TextEvaluator[] = [];
  beforeAll(() => {
    parameters.specs.forEach(({ name }, index) => {
      const view = parameters.view(name);
      fillUniform(view, 4, 0, index);
      for (let i = 0; i < view.length; i++) view[i] = (name.endsWith('gain') ? 1 : 0) + 1.6 * (view[i]! - 0.5);
    });
  });
  afterEach(async () => {
    for (const evaluator of opened.splice(0)) await evaluator.dispose();
  });

  async function trainers(of: Parameters = parameters): Promise<TextEvaluator> {
    const evaluator = await createEvaluator(of.architecture, of, new OnnxRuntimeEngine(1));
    opened.push(evaluator);
    return evaluator;
  }

  // 2 to 51: one piece. 52 to 801: pieces of about 50. More: 16 pieces of several windows, the last ones partly empty.
  it.each([2, 3, 50, 51, 52, 77, 101, 102, 163, 801, 802, 803, 1237, 1601, 1603])(
    'measures a text of %d tokens by the definition, each token but the first once',
    async (length) => {
      const expected = evaluateByDefinition(parameters, text(length));
      expect(expected.tokens).toBe(length - 1);
      const evaluation = await (await trainers()).evaluate(text(length));
      expect(evaluation.tokens).toBe(expected.tokens);
      expect(evaluation.lossNats / expected.lossNats).toBeCloseTo(1, 5);
      expect(evaluation.perplexity / expected.perplexity).toBeCloseTo(1, 4);
      expect([evaluation.top1, evaluation.top5]).toEqual([expected.top1, expected.top5]);
    },
  );

  it('measures the same with the graph that is exported', async () => {
    const evaluator = new TextEvaluator(
      await GraphSession.create(buildScoreGraph(ARCHITECTURE, 'fed'), { threads: 1 }),
      ARCHITECTURE,
      parameters,
    );
    opened.push(evaluator);
    const [actual, expected] = [await evaluator.evaluate(text(333)), await (await trainers()).evaluate(text(333))];
    expect(actual.lossNats / expected.lossNats).toBeCloseTo(1, 6);
    expect([actual.tokens, actual.top1, actual.top5]).toEqual([expected.tokens, expected.top1, expected.top5]);
  });

  it('finds a loss of log V where all words are equally probable', async () => {
    const { lossNats, perplexity } = await (await trainers(new Parameters(ARCHITECTURE))).evaluate(text(200));
    expect(lossNats).toBeCloseTo(Math.log(V), 5);
    expect(perplexity).toBeCloseTo(V, 4);
  });

  it('keeps nothing from one text to the next', async () => {
    const evaluator = await trainers();
    const first = await evaluator.evaluate(text(120));
    await evaluator.evaluate(text(900));
    expect(await evaluator.evaluate(text(120))).toEqual(first);
  });

  it('tells each token once, with what its mean is made of', async () => {
    const told = new Map<number, [number, number]>();
    const evaluation = await (
      await trainers()
    ).evaluate(text(803), undefined, (index, loss, rank) => {
      expect(told.has(index)).toBe(false);
      told.set(index, [loss, rank]);
    });
    expect([...told.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 802 }, (_, i) => i));
    const entries = [...told.values()];
    expect(entries.reduce((sum, [loss]) => sum + loss, 0) / 802).toBeCloseTo(evaluation.lossNats, 8);
    expect(entries.filter(([, rank]) => rank < 1).length / 802).toBe(evaluation.top1);
    // The first piece of 51 tokens is read from the zero state, as the definition does.
    const logits = referenceLogits(parameters, text(803).subarray(0, 51));
    logits.forEach((row, i) => {
      const right = row[text(803)[i + 1]!]!;
      const expected = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - right), 0));
      expect(told.get(i)![0]).toBeCloseTo(expected, 4);
      expect(told.get(i)![1]).toBe(row.filter((logit) => logit > right).length);
    });
  });

  it('ends with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect((await trainers()).evaluate(text(100), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('gives the gap in percentage points, positive where training text is predicted better', () => {
    const evaluation = (top1: number): Evaluation => ({ tokens: 1, lossNats: 1, perplexity: Math.E, top1, top5: 1 });
    expect(gapPoints(evaluation(0.31), evaluation(0.28))).toBeCloseTo(3, 10);
    expect(gapPoints(evaluation(0.28), evaluation(0.31))).toBeCloseTo(-3, 10);
  });
});
