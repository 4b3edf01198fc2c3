import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { toErrorBody } from '#errors';
import { Registry, TRAINING_RUN_TRANSITIONS, type TrainingRun } from '#registry';
import { presentEvent } from './job-presenter.js';

/** How often new events are looked for while somebody follows a job. */
const LOOK_EVERY_MS = 500;

/** A comment at least this often keeps proxies from closing a quiet stream. */
const KEEP_ALIVE_EVERY_MS = 15_000;

/** Streams of the events of jobs, as server-sent events: everything so far, then whatever comes, until the job ends. */
@Injectable()
export class JobEventStreams implements OnModuleDestroy {
  /** Streams that somebody reads. */
  open = 0;
  private readonly closing = new AbortController();

  constructor(private readonly registry: Registry) {}

  /** @param after id of the last event that the reader has already. */
  follow(trainingRunId: string, after: string | undefined): Readable {
    return Readable.from(this.frames(trainingRunId, after), { objectMode: false });
  }

  /** A stopping service ends its streams, so that it need not wait for readers. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  private async *frames(trainingRunId: string, after: string | undefined): AsyncGenerator<string> {
    this.open += 1;
    try {
      yield ': events of this job so far, then new ones until it ends\n\n';
      yield* this.events(trainingRunId, after);
      if (!this.closing.signal.aborted) yield 'data: [DONE]\n\n';
    } catch (error) {
      // The status is out already: the failure is told inside of the stream.
      yield `data: ${JSON.stringify(toErrorBody(error))}\n\n`;
    } finally {
      this.open -= 1;
    }
  }

  private async *events(trainingRunId: string, after: string | undefined): AsyncGenerator<string> {
    let last = after;
    let spokeAtMs = Date.now();
    while (!this.closing.signal.aborted) {
      // The state is read first: what is written before the last state is in the page then.
      const run = await this.registry.getTrainingRun(trainingRunId);
      const page = await this.registry.listRunEvents(trainingRunId, { after: last, limit: 100 });
      for (const event of page.items) {
        yield `id: ${event.id}\ndata: ${JSON.stringify(presentEvent(event))}\n\n`;
        last = event.id;
        spokeAtMs = Date.now();
      }
      if (page.hasMore) continue;
      if (hasEnded(run)) return;
      if (Date.now() - spokeAtMs >= KEEP_ALIVE_EVERY_MS) {
        yield ': keep-alive\n\n';
        spokeAtMs = Date.now();
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }
}

function hasEnded(run: TrainingRun): boolean {
  return TRAINING_RUN_TRANSITIONS[run.state].length === 0;
}
