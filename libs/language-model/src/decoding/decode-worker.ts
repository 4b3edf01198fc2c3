import { parentPort, workerData } from 'node:worker_threads';
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
  type DecodeWorkerData,
  type FromWorker,
  type SentError,
  type ToWorker,
  type WorkerReady,
} from './worker-messages.js';

// The thread that a loaded version decodes in: it owns the model, so that HTTP never waits for a step.

const port = parentPort!;
const { bundleFolder, precision, threads, maxBatchSize, counters } = workerData as DecodeWorkerData;

/** Serves until it is told to close. */
async function serve(): Promise<void> {
  const bundle = await readBundle(bundleFolder);
  const graphs = await bundle.decodeGraphs(precision, threads);
  const { architecture } = bundle;
  const session = new DecodeSession(graphs, architecture, maxBatchSize);
  const background = await BackgroundScorer.create(new DecodeSession(graphs, architecture, BACKGROUND_ROWS));
  const loop = await DecodeLoop.create(session, background);
  const decoder = new CompletionDecoder(loop, bundle.tokenizer);
  const handles = new Map<number, JobHandle>();
  const shared = new Float64Array(counters);
  let news = emptyNews();

  const submit = ({ id, request, pieces }: Extract<ToWorker, { kind: 'complete' }>): void => {
    const failed = (reason: unknown): void => {
      handles.delete(id);
      news.failed.push([id, packError(reason)]);
    };
    try {
      const handle = decoder.submit(request, {
        delta: pieces ? (choice, delta) => news.deltas.push([id, choice, delta]) : null,
        finished: (result) => {
          handles.delete(id);
          news.finished.push([id, result]);
        },
        failed,
      });
      handles.set(id, handle);
    } catch (error) {
      failed(error);
      tell();
    }
  };
  const score = ({ id, texts }: Extract<ToWorker, { kind: 'score' }>): void => {
    background.submit(texts, {
      finished: (scoring) => news.scored.push([id, scoring]),
      failed: (reason) => news.failed.push([id, packError(reason)]),
    });
    // What ends at once has no turn of the loop to be told in.
    if (!background.hasWork) tell();
  };
  // A turn has one step at most, so the difference of the rows is that step's.
  const countSteps = (): void => {
    const steps = loop.steps - shared[COUNTERS.steps]!;
    const rows = loop.advancedRows - shared[COUNTERS.advancedRows]!;
    const bound = ROW_BOUNDS.findIndex((most) => rows <= most * steps);
    if (steps > 0) shared[COUNTERS.stepsByRows + (bound < 0 ? ROW_BOUNDS.length - 1 : bound)]! += steps;
  };
  // One message for everything of a turn: messages cost more than what is in them.
  const tell = (): void => {
    countSteps();
    shared[COUNTERS.liveRows] = loop.liveRows;
    shared[COUNTERS.pendingJobs] = handles.size;
    shared[COUNTERS.steps] = loop.steps;
    shared[COUNTERS.advancedRows] = loop.advancedRows;
    if (news.deltas.length + news.finished.length + news.scored.length + news.failed.length === 0) return;
    port.postMessage(news satisfies FromWorker);
    news = emptyNews();
  };
  loop.onTurn = tell;

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'complete') submit(message);
    else if (message.kind === 'score') score(message);
    else if (message.kind === 'cancel') handles.get(message.id)?.cancel(new Error('cancelled'));
    else void loop.close().then(() => port.close());
  });
}

interface News {
  readonly deltas: [number, number, ChoiceDelta][];
  readonly finished: [number, CompletionResult][];
  readonly scored: [number, Scoring][];
  readonly failed: [number, SentError][];
}

function emptyNews(): News {
  return { deltas: [], finished: [], scored: [], failed: [] };
}

try {
  await serve();
  port.postMessage({ ready: true } satisfies WorkerReady);
} catch (error) {
  port.postMessage({ ready: false, error: packError(error) } satisfies WorkerReady);
  port.close();
}
