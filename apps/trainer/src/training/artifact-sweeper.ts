import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import { Registry } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';

const EVERY_MS = 600_000;

/**
 * Removes bytes from the artifact store that nothing of the registry needs: checkpoints that retention gave up, bundles
 * of runs that ended before they were registered, deleted files. Several trainers may do so at once.
 */
@Injectable()
export class ArtifactSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ArtifactSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  onApplicationBootstrap(): void {
    void this.sweep();
    this.timer = setInterval(() => void this.sweep(), EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One sweep after the other; a failed one is told in the log, and the next begins from the start. */
  sweep(): Promise<void> {
    this.sweeping = this.sweeping.then(() => this.sweepOnce());
    return this.sweeping;
  }

  /** Removes these bytes at once, unless something else needs them: a file may be a copy of one of a bundle. */
  async remove(sha256: string): Promise<void> {
    await this.removeUnused({ olderThanMs: 0, among: [sha256] });
  }

  private async sweepOnce(): Promise<void> {
    const { artifactGraceMs, checkpointKeepEvery } = this.options.config;
    try {
      await this.registry.checkpoints.prune({ keepEvery: checkpointKeepEvery });
    } catch (error) {
      this.logger.warn({ ...briefError(error), msg: 'could not give up checkpoints; trying again' });
    }
    await this.removeUnused({ olderThanMs: artifactGraceMs });
  }

  private async removeUnused(limits: Parameters<ArtifactStore['removeUnused']>[1]): Promise<void> {
    const removedWithinMs = this.options.config.artifactGraceMs;
    try {
      const removed = await this.store.removeUnused(() => this.registry.listLiveArtifacts({ removedWithinMs }), limits);
      if (removed.artifacts > 0) this.logger.log({ ...removed, msg: 'removed stored bytes that nothing needs' });
    } catch (error) {
      this.logger.warn({ ...briefError(error), msg: 'could not remove stored bytes that nothing needs; trying again' });
    }
  }
}
