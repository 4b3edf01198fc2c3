import { CodedError } from '#errors';
import { TextEvaluator, type Evaluation } from '../evaluation/text-evaluator.js';
import { readBundle } from './read-bundle.js';

/** Relative difference of the losses that rounding explains; the runtime adds up in another order than the trainer. */
const TOLERANCE = 1e-4;

/** Measures a text with an exported bundle, by the runtime that serves it. */
export async function evaluateBundle(
  folder: string,
  tokens: Uint16Array,
  threads: number,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const bundle = await readBundle(folder);
  const evaluator = new TextEvaluator(await bundle.session('score.onnx', threads), bundle.architecture);
  try {
    return await evaluator.evaluate(tokens, signal);
  } finally {
    await evaluator.dispose();
  }
}

/**
 * Compares what the serving runtime measured with what the trainer measured on the same text.
 * @throws version_mismatch when the losses differ by more than rounding
 */
export function compareEvaluations(trainer: Evaluation, bundle: Evaluation): void {
  const difference = Math.abs(bundle.lossNats - trainer.lossNats) / trainer.lossNats;
  if (!(difference <= TOLERANCE) || bundle.tokens !== trainer.tokens) {
    throw new CodedError(
      'version_mismatch',
      `The exported model's loss is ${bundle.lossNats.toFixed(6)} nats over ${bundle.tokens} tokens, the trainer's ${trainer.lossNats.toFixed(6)} over ${trainer.tokens}; ` +
        `at most ${TOLERANCE} of relative difference is rounding. The version is not registered.`,
    );
  }
}
