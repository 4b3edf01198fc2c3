import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import type { Database } from '#database';
import { JobsModule } from '#jobs';
import { Registry } from '#registry';
import { FilesModule } from './files/files.module.js';
import { FineTuningModule } from './fine-tuning/fine-tuning.module.js';
import { HealthController } from './health/health.controller.js';
import { PlanningModule } from './planning/planning.module.js';
import { DATABASE, TRAINER_OPTIONS, type TrainerOptions } from './trainer-options.js';
import { TrainingModule } from './training/training.module.js';
import { UpgradeModule } from './upgrade/upgrade.module.js';

/** What the trainer stands on. */
export interface TrainerResources {
  /** Closed when the application has shut down. */
  readonly database: Database;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

/** The trainer: files, jobs, upgrade experiments, and the worker that carries the jobs out. */
@Module({
  imports: [FilesModule, FineTuningModule, PlanningModule, TrainingModule, UpgradeModule],
  controllers: [HealthController],
})
export class TrainerModule implements OnApplicationShutdown {
  static forRoot(options: TrainerOptions, { database, registry, store }: TrainerResources): DynamicModule {
    return {
      module: TrainerModule,
      global: true,
      imports: [JobsModule.forQueue({ databaseUrl: database.connectionString, redisUrl: options.config.redisUrl })],
      providers: [
        { provide: TRAINER_OPTIONS, useValue: options },
        { provide: DATABASE, useValue: database },
        { provide: Registry, useValue: registry },
        { provide: ArtifactStore, useValue: store },
      ],
      exports: [TRAINER_OPTIONS, DATABASE, Registry, ArtifactStore],
    };
  }

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly store: ArtifactStore,
  ) {}

  /** By now the worker has put its run back and every request has been answered. */
  async onApplicationShutdown(): Promise<void> {
    this.store.close();
    await this.database.close();
  }
}
