import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { listen, type Database, type Listener } from '#database';
import { RUNS_CHANNEL } from '#registry';
import { DATABASE } from '../trainer-options.js';
import { RunSupervisor } from './run-supervisor.js';

/** Hears at once, from any process, that a run is to be paused or cancelled. What it misses, the next heartbeat of the run finds. */
@Injectable()
export class DesiredStateWatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private listener: Listener | undefined;

  constructor(
    private readonly supervisor: RunSupervisor,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.listener = await listen({
      connectionString: this.database.connectionString,
      channel: RUNS_CHANNEL,
      onNotification: (trainingRunId) => {
        this.supervisor.askAgain(trainingRunId);
      },
      onReconnect: () => undefined,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.listener?.close();
  }
}
