import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { JOB_CATALOGUE } from './job-catalogue.js';
import { QUEUE_PREFIX, queueConnection, type QueueAddress } from './queue-connection.js';
import { QueueLifetime } from './queue-lifetime.js';
import { TrainingQueue } from './training-queue.js';

/** Gives a Nest application its {@link TrainingQueue} and starts the processors that are registered in it. */
@Module({})
export class JobsModule implements OnModuleDestroy {
  constructor(private readonly lifetime: QueueLifetime) {}

  static forQueue(address: QueueAddress): DynamicModule {
    const queue = JOB_CATALOGUE['train-model'].queue;
    const lifetime = new QueueLifetime();
    return {
      module: JobsModule,
      global: true,
      imports: [
        BullModule.forRoot({ connection: queueConnection(address, lifetime), prefix: QUEUE_PREFIX }),
        BullModule.registerQueue({ name: queue }),
      ],
      providers: [
        { provide: QueueLifetime, useValue: lifetime },
        { provide: TrainingQueue, inject: [getQueueToken(queue)], useFactory: (q: Queue) => new TrainingQueue(q) },
      ],
      exports: [TrainingQueue],
    };
  }

  /** Comes before workers and queue are closed, which would wait for a Redis that is away. */
  async onModuleDestroy(): Promise<void> {
    await this.lifetime.end();
  }
}
