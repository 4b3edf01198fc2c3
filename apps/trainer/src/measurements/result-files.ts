import { Readable } from 'node:stream';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import { isCodedError } from '#errors';
import { Registry } from '#registry';
import { briefError } from '../training/brief-error.js';
import { renderMetricsCsv } from './metrics-csv.js';
import { readCurve } from './run-curve.js';

/** How often runs are looked for that ended without a worker: cancelled while paused, or given up. */
const SWEEP_EVERY_MS = 30_000;

/** Most files that one sweep makes. */
const SWEEP_LIMIT = 20;

/** Keeps what each run measured as a CSV file, which `result_files` of the job names. */
@Injectable()
export class ResultFiles implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ResultFiles.name);
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
  ) {}

  onApplicationBootstrap(): void {
    this.sweepOnce();
    this.timer = setInterval(() => {
      this.sweepOnce();
    }, SWEEP_EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  /**
   * Makes the file of a run that has measured something. A file that cannot be made ends no run: the sweep tries again.
   *
   * @param fence of the worker that is about to end the run, or null where it has ended.
   * @throws conflict when the run is no longer this worker's; database_unavailable
   */
  async keep(trainingRunId: string, fence: number | null): Promise<void> {
    try {
      const curve = await readCurve(this.registry, trainingRunId);
      if (curve.length === 0) return;
      const bytes = Readable.from([Buffer.from(renderMetricsCsv(curve))]);
      const stored = await this.store.putStream(bytes);
      await this.registry.attachResultFile(trainingRunId, fence, { filename: `${trainingRunId}.csv`, ...stored });
    } catch (error) {
      if (isCodedError(error, 'conflict') || isCodedError(error, 'database_unavailable')) throw error;
      this.logger.warn({ trainingRunId, ...briefError(error), msg: 'could not keep what the run measured as a file' });
    }
  }

  private sweepOnce(): void {
    this.sweeping ??= this.sweep()
      .catch((error: unknown) => {
        this.logger.warn({ ...briefError(error), msg: 'could not look for runs without a result file; trying again' });
      })
      .finally(() => {
        this.sweeping = undefined;
      });
  }

  private async sweep(): Promise<void> {
    for (const id of await this.registry.measurements.listRunsWithoutResults(SWEEP_LIMIT)) {
      try {
        await this.keep(id, null);
      } catch (error) {
        // Another trainer has made it.
        if (!isCodedError(error, 'conflict')) throw error;
      }
    }
  }
}
