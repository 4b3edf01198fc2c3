import { availableParallelism } from 'node:os';

/** Beyond them the thread that answers HTTP is the limit, and each holds the weights of each version. */
const MOST_BY_ITSELF = 4;

/** How many threads a version decodes with, each with a share of the sequences. Unless it is set: all cores but one, which answers HTTP, and at most 4. */
export function decoderThreads(servingThreads: number): number {
  return servingThreads > 0 ? servingThreads : Math.min(MOST_BY_ITSELF, Math.max(1, availableParallelism() - 1));
}
