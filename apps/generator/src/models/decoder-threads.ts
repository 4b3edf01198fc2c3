import { availableParallelism } from 'node:os';

/**
 * How many threads a version decodes with. Unless it is set, all cores but one: threads that wait for the next operator spin,
 * and the thread that answers HTTP must not wait for them.
 */
export function decoderThreads(servingThreads: number): number {
  return servingThreads > 0 ? servingThreads : Math.max(1, availableParallelism() - 1);
}
