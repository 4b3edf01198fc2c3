import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { JOB_CATALOGUE } from './job-catalogue.js';
import { queueConnection } from './queue-connection.js';
import { TrainingQueue } from './training-queue.js';

/** Gives a Nest application its {@link TrainingQueue} and starts the processors that are registered in it. */
@Module({})
export class JobsModule {
  /** @param connectionString the Postgres database that holds the queue. */
  static forDatabase(connectionString: string): DynamicModule {
    const queue = JOB_CATALOGUE['train-model'].queue;
    return {
      module: JobsModule,
      global: true,
      imports: [
        BullModule.forRoot({ connection: queueConnection(connectionString) }),
        BullModule.registerQueue({ name: queue }),
      ],
      providers: [
        { provide: TrainingQueue, inject: [getQueueToken(queue)], useFactory: (q: Queue) => new TrainingQueue(q) },
      ],
      exports: [TrainingQueue],
    };
  }
}
