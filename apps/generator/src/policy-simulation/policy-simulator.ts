import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CodedError } from '#errors';
import type { SimulatedRelease } from '#release-policy/simulation';
import type { SimulationNews, SimulationOrder } from './simulation.worker.js';
import { summarizeReleases, type SimulationSummary } from './summarize-releases.js';

/** How long a simulation may take: then what has ended is the answer. */
const LIMIT_MS = 10_000;
const MEMORY_MIB = 128;

/** What became of simulated releases of a policy. */
export interface PolicySimulation {
  readonly same: SimulationSummary;
  readonly changed: SimulationSummary;
  /** Whether as many releases ended as were asked for. */
  readonly isComplete: boolean;
}

/** Carries releases out on simulated traffic, in a thread of its own and one simulation at a time, so that completions go on beside it. */
@Injectable()
export class PolicySimulator implements BeforeApplicationShutdown {
  #worker: Worker | null = null;

  async beforeApplicationShutdown(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** @throws server_is_overloaded while another simulation runs; invalid_value when no release ends in time */
  async simulate(order: SimulationOrder, limitMs = LIMIT_MS): Promise<PolicySimulation> {
    if (this.#worker !== null)
      throw new CodedError(
        'server_is_overloaded',
        'A simulation is running on this replica, and one runs at a time; try again when it is over.',
        { retryAfterMs: limitMs },
      );
    const ended: Record<SimulationNews['of'], SimulatedRelease[]> = { same: [], changed: [] };
    const worker = new Worker(new URL('./simulation.worker.js', import.meta.url), {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
    });
    this.#worker = worker;
    worker.on('message', ({ of, release }: SimulationNews) => ended[of].push(release));
    const limit = setTimeout(() => void worker.terminate(), limitMs);
    try {
      // An error of the thread is an error of the request.
      await once(worker, 'exit');
    } finally {
      clearTimeout(limit);
      this.#worker = null;
    }
    const { same, changed } = ended;
    if (same.length === 0 || changed.length === 0) {
      const { requestsPerSecond } = order.models.same;
      const text = `At ${requestsPerSecond} requests per second no release ended within the ${limitMs / 1_000} seconds that a simulation may take. Ask for fewer requests per second, or use npm run release:simulate, which takes its time.`;
      throw new CodedError('invalid_value', text, { param: 'requests_per_second' });
    }
    const isComplete = same.length === order.releases && changed.length === order.releases;
    return { same: summarizeReleases(same), changed: summarizeReleases(changed), isComplete };
  }
}
