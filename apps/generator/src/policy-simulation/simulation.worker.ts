import { parentPort, workerData } from 'node:worker_threads';
import type { ReleasePolicy } from '#release-policy';
import { simulateRelease, type SimulatedRelease, type TrafficModel } from '#release-policy/simulation';

/** What a thread is started with. */
export interface SimulationOrder {
  readonly policy: ReleasePolicy;
  /** The same version twice, and the candidate that is asked about. */
  readonly models: { readonly same: TrafficModel; readonly changed: TrafficModel };
  /** How many releases of each. */
  readonly releases: number;
  readonly seed: number;
}

/** A release that has ended. */
export interface SimulationNews {
  readonly of: 'same' | 'changed';
  readonly release: SimulatedRelease;
}

const SEEDS_APART = 1_000_003;

const { policy, models, releases, seed } = workerData as SimulationOrder;
for (let index = 0; index < releases; index++) {
  for (const of of ['same', 'changed'] as const) {
    const release = simulateRelease(policy, models[of], seed * SEEDS_APART + index);
    parentPort?.postMessage({ of, release } satisfies SimulationNews);
  }
}
