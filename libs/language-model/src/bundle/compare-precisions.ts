import { DecodeSession } from '../sampling/decode-session.js';
import { UNKNOWN_ID } from '../tokenizer/index.js';
import {
  judgeQuantization,
  type DecodeEvaluation,
  type Precision,
  type PrecisionTolerance,
  type Quantization,
} from './quantization.js';
import type { Bundle } from './read-bundle.js';

/** On what a bundle's int8 variant is measured. */
export interface PrecisionCheck {
  /** Of the validation text, at least two tokens; the first `MOST_TOKENS` are read. */
  readonly text: Uint16Array;
  readonly tolerance: PrecisionTolerance;
  /** 0 = one per core */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

/** Enough that chance moves the difference in accuracy by less than a tenth of a point: both read the same words. */
const MOST_TOKENS = 30_000;
/** Texts side by side, and how long they are at least: their first words lack only the state. */
const MOST_LANES = 64;
const LANE_TOKENS = 50;
/** A probability below float32's smallest counts as this. */
const SMALLEST_PROBABILITY = 1e-38;

/** Measures both decode graphs of a bundle, as they are served, on the same text. */
export async function comparePrecisions(bundle: Bundle, check: PrecisionCheck): Promise<Quantization> {
  const measure = async (precision: Precision): Promise<DecodeEvaluation & { tokens: number }> => {
    const graphs = await bundle.decodeGraphs(precision, check.threads);
    const session = new DecodeSession(graphs, bundle.architecture, MOST_LANES);
    try {
      return await evaluateDecoding(
        session,
        bundle.architecture.vocabularySize,
        check.text.subarray(0, MOST_TOKENS),
        check.signal,
      );
    } finally {
      await session.dispose();
    }
  };
  const { tokens, ...float32 } = await measure('float32');
  const { perplexity, top1 } = await measure('int8');
  return judgeQuantization(tokens, float32, { perplexity, top1 }, check.tolerance);
}

/** Reads a text in lanes, a token of each at every step, and notes how probable each next token was. */
async function evaluateDecoding(
  session: DecodeSession,
  V: number,
  text: Uint16Array,
  signal: AbortSignal | undefined,
): Promise<DecodeEvaluation & { tokens: number }> {
  const lanes = Math.max(1, Math.min(session.capacity, Math.floor(text.length / LANE_TOKENS)));
  const laneLength = Math.floor(text.length / lanes);
  for (let lane = 0; lane < lanes; lane++) session.inverseTemperatures[session.join(session.emptyState())] = 1;
  let [tokens, lossSum, first] = [0, 0, 0];
  for (let t = 0; t + 1 < laneLength; t++) {
    signal?.throwIfAborted();
    for (let lane = 0; lane < lanes; lane++) session.ids[lane] = BigInt(text[lane * laneLength + t]!);
    await session.step();
    for (let lane = 0; lane < lanes; lane++) {
      const target = text[lane * laneLength + t + 1]!;
      if (target === UNKNOWN_ID) continue;
      const probability = session.probabilities[lane * V + target]!;
      tokens++;
      lossSum -= Math.log(Math.max(probability, SMALLEST_PROBABILITY));
      if (isLargest(session.probabilities, lane * V, V, probability)) first++;
    }
  }
  return { tokens, perplexity: Math.exp(lossSum / Math.max(1, tokens)), top1: first / Math.max(1, tokens) };
}

/** Whether none of the `length` numbers from `start` on is larger. */
function isLargest(values: Float32Array, start: number, length: number, value: number): boolean {
  for (let i = start; i < start + length; i++) if (values[i]! > value) return false;
  return true;
}
