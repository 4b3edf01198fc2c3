import { float32Tensor, int64Tensor, type HostTensor } from '#tensor-graph';
import type { Architecture } from '../model/architecture.js';
import { stateNames } from '../model/forward.js';
import type { Parameters } from '../model/parameters.js';
import type { ModelProgram } from '../training/training-engine.js';

/** How well a model predicts a text. Unknown words count as a class of their own. */
export interface Evaluation {
  /** Predicted tokens. */
  readonly tokens: number;
  /** Mean negative log-likelihood per token, nats. */
  readonly lossNats: number;
  /** exp(lossNats) */
  readonly perplexity: number;
  /** Share of tokens that were the most probable one, 0 to 1. */
  readonly top1: number;
  /** Share of tokens that were among the five most probable, 0 to 1. */
  readonly top5: number;
}

/** Told of each predicted token: its index among them, its loss in nats, and how many words were more probable. */
export type TokenObserver = (index: number, lossNats: number, rank: number) => void;

/** Steps per run of a program, unless it was built for fewer. */
export const EVALUATION_STEPS = 50;
/** Texts side by side; a lane's first words lack only the state, so few lanes keep the result close to reading in one go. */
const LARGEST_BATCH = 16;

/**
 * Measures loss and accuracy of a text with a graph whose outputs are `losses` and `ranks`: the trainer's own, fed with its
 * parameters, or an exported one. Every token but the first is predicted once; no dropout.
 */
export class TextEvaluator {
  constructor(
    private readonly program: ModelProgram,
    private readonly architecture: Pick<Architecture, 'lstmUnits' | 'numLayers'>,
    private readonly parameters?: Parameters,
    private readonly sequenceLength = EVALUATION_STEPS,
  ) {}

  /** Evaluates a text of at least two tokens; `signal` stops it between windows. Tokens are told in no order. */
  async evaluate(tokens: Uint16Array, signal?: AbortSignal, onToken?: TokenObserver): Promise<Evaluation> {
    const T = this.sequenceLength;
    const predicted = tokens.length - 1;
    const B = Math.max(1, Math.min(LARGEST_BATCH, Math.ceil(predicted / EVALUATION_STEPS)));
    const laneLength = Math.ceil(predicted / B);
    const feeds = this.initialFeeds(B);
    let [lossSum, first, fifth] = [0, 0, 0];
    for (let start = 0; start < laneLength; start += T) {
      signal?.throwIfAborted();
      const ids = new BigInt64Array(T * B);
      const targets = new BigInt64Array(T * B);
      const counts = (t: number, lane: number): boolean =>
        start + t < laneLength && lane * laneLength + start + t < predicted;
      for (let lane = 0; lane < B; lane++) {
        for (let t = 0; t < T && counts(t, lane); t++) {
          const position = lane * laneLength + start + t;
          ids[t * B + lane] = BigInt(tokens[position]!);
          targets[t * B + lane] = BigInt(tokens[position + 1]!);
        }
      }
      feeds['ids'] = int64Tensor(ids, [T, B]);
      feeds['targets'] = int64Tensor(targets, [T * B]);
      const results = await this.program.run(feeds);
      const losses = results['losses']!.data as Float32Array;
      const ranks = results['ranks']!.data as Float32Array;
      for (let i = 0; i < T * B; i++) {
        const [t, lane] = [Math.floor(i / B), i % B];
        if (!counts(t, lane)) continue;
        onToken?.(lane * laneLength + start + t, losses[i]!, ranks[i]!);
        lossSum += losses[i]!;
        if (ranks[i]! < 1) first++;
        if (ranks[i]! < 5) fifth++;
      }
      for (const name of Object.keys(results)) if (name.startsWith('next_')) feeds[name.slice(5)] = results[name]!;
    }
    const lossNats = lossSum / predicted;
    return {
      tokens: predicted,
      lossNats,
      perplexity: Math.exp(lossNats),
      top1: first / predicted,
      top5: fifth / predicted,
    };
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }

  private initialFeeds(batchSize: number): Record<string, HostTensor> {
    const { lstmUnits: H, numLayers } = this.architecture;
    const feeds: Record<string, HostTensor> = {};
    for (let layer = 0; layer < numLayers; layer++) {
      for (const name of Object.values(stateNames(layer))) {
        feeds[name] = float32Tensor(new Float32Array(batchSize * H), [1, batchSize, H]);
      }
    }
    for (const { name, shape } of this.parameters?.specs ?? [])
      feeds[name] = float32Tensor(this.parameters!.view(name), shape);
    return feeds;
  }
}

/** Difference of top-1 accuracy between training and validation text, in percentage points, measured the same way. */
export function gapPoints(train: Evaluation, validation: Evaluation): number {
  return 100 * (train.top1 - validation.top1);
}
