import { parentPort } from 'node:worker_threads';
import { readBundle } from '../bundle/read-bundle.js';
import { DecodeSession } from '../sampling/decode-session.js';
import { BACKGROUND_ROWS, BackgroundScorer, type Scoring } from './background-scorer.js';
import { CompletionDecoder } from './completion-decoder.js';
import type { ChoiceDelta, CompletionResult } from './completion-request.js';
import { DecodeLoop, type JobHandle } from './decode-loop.js';
import {
  COUNTERS,
  packError,
  ROW_BOUNDS,
  type DecodeOrder,
  type FromWorker,
  type SentError,
  type ToWorker,
} from './worker-messages.js';

// A thread that decodes for one loaded version after the other: it owns the model, so that HTTP never waits for a step.

const port = parentPort!;
let served: ServedBundle | null = null;

function say(message: FromWorker): void {
  port.postMessage(message);
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'open':
      void open(message.order);
      break;
    case 'complete':
      served!.submit(message);
      break;
    case 'score':
      served!.score(message);
      break;
    case 'cancel':
      // The completion may have ended, and with it all that there was, while this was on its way.
      served?.cancel(message.id);
      break;
    case 'close':
      void close();
      break;
    case 'end':
      port.close();
  }
});

async function open(order: DecodeOrder): Promise<void> {
  try {
    served = await ServedBundle.open(order);
    say({ kind: 'opened' });
  } catch (error) {
    say({ kind: 'refused', error: packError(error) });
  }
}

async function close(): Promise<void> {
  await served?.close();
  served = null;
  say({ kind: 'closed' });
}

/** The bundle that the thread has open. */
class ServedBundle {
  private readonly handles = new Map<number, JobHandle>();
  private deltas: [number, number, ChoiceDelta][] = [];
  private finished: [number, CompletionResult][] = [];
  private scored: [number, Scoring][] = [];
  private failed: [number, SentError][] = [];

  private constructor(
    private readonly loop: DecodeLoop,
    private readonly background: BackgroundScorer,
    private readonly decoder: CompletionDecoder,
    /** In the order of `COUNTERS`. */
    private readonly counters: Float64Array,
  ) {
    loop.onTurn = () => {
      this.tell();
    };
  }

  /** @throws bundle_missing, bundle_corrupt */
  static async open({ bundleFolder, precision, maxBatchSize, counters }: DecodeOrder): Promise<ServedBundle> {
    const bundle = await readBundle(bundleFolder);
    // More threads in one step gain less than more lanes with one each (docs/experiments.md).
    const graphs = await bundle.decodeGraphs(precision, 1);
    const { architecture, tokenizer } = bundle;
    const background = await BackgroundScorer.create(new DecodeSession(graphs, architecture, BACKGROUND_ROWS));
    const loop = await DecodeLoop.create(new DecodeSession(graphs, architecture, maxBatchSize), background);
    return new ServedBundle(loop, background, new CompletionDecoder(loop, tokenizer), new Float64Array(counters));
  }

  submit({ id, request, pieces }: Extract<ToWorker, { kind: 'complete' }>): void {
    const { handles } = this;
    const fail = (reason: unknown): void => {
      handles.delete(id);
      this.failed.push([id, packError(reason)]);
    };
    try {
      const handle = this.decoder.submit(request, {
        delta: pieces ? (choice, delta) => this.deltas.push([id, choice, delta]) : null,
        finished: (result) => {
          handles.delete(id);
          this.finished.push([id, result]);
        },
        failed: fail,
      });
      handles.set(id, handle);
    } catch (error) {
      fail(error);
      this.tell();
    }
  }

  score({ id, texts }: Extract<ToWorker, { kind: 'score' }>): void {
    this.background.submit(texts, {
      finished: (scoring) => this.scored.push([id, scoring]),
      failed: (reason) => this.failed.push([id, packError(reason)]),
    });
    // What ends at once has no turn of the loop to be told in.
    if (!this.background.hasWork) this.tell();
  }

  cancel(id: number): void {
    this.handles.get(id)?.cancel(new Error('cancelled'));
  }

  /** Refuses new texts, waits for those under way, then frees the model. */
  close(): Promise<void> {
    return this.loop.close();
  }

  // One message for everything of a turn: messages cost more than what is in them.
  private tell(): void {
    const { counters, loop, deltas, finished, scored, failed } = this;
    this.countSteps();
    counters[COUNTERS.liveRows] = loop.liveRows;
    counters[COUNTERS.pendingJobs] = this.handles.size;
    counters[COUNTERS.steps] = loop.steps;
    counters[COUNTERS.advancedRows] = loop.advancedRows;
    if (deltas.length + finished.length + scored.length + failed.length === 0) return;
    say({ kind: 'news', deltas, finished, scored, failed });
    this.deltas = [];
    this.finished = [];
    this.scored = [];
    this.failed = [];
  }

  // A turn has one step at most, so the difference of the rows is that step's.
  private countSteps(): void {
    const { counters, loop } = this;
    const steps = loop.steps - counters[COUNTERS.steps]!;
    const rows = loop.advancedRows - counters[COUNTERS.advancedRows]!;
    const bound = ROW_BOUNDS.findIndex((most) => rows <= most * steps);
    if (steps > 0) counters[COUNTERS.stepsByRows + (bound < 0 ? ROW_BOUNDS.length - 1 : bound)]! += steps;
  }
}
