import { join } from 'node:path';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import { CodedError, isCodedError } from '#errors';
import { trainModel, type TrainModelOutcome } from '#language-model';
import {
  LEASE_LOST_EXIT_CODE,
  type ChildMessage,
  type ChildOrder,
  type CorpusFile,
  type ParentMessage,
} from './child-messages.js';
import { postToParent, reportOf } from './child-report.js';
import { materializeDocuments } from './materialize-documents.js';
import { openEngine } from './select-engine.js';

/**
 * The process that trains: one order, one run, then it ends. It is its own process so that hours of arithmetic never
 * block the event loop that renews leases and answers requests, and so that running out of memory ends only the run.
 */

const cancelled = new AbortController();
const stopped = new AbortController();
/** Of a process that ended by SIGTERM, as a shell tells it: 128 + 15. */
const TERMINATED_EXIT_CODE = 143;
let ownedAtMs = 0;

process.on('message', (message: ParentMessage) => {
  switch (message.type) {
    case 'train':
      ownedAtMs = message.ownedAtMs;
      watchLease(message.order.leaseMs);
      void carryOut(message.order);
      return;
    case 'lease':
      ownedAtMs = Math.max(ownedAtMs, message.ownedAtMs);
      return;
    case 'stop':
      stopped.abort();
      return;
    case 'cancel':
      cancelled.abort();
      return;
  }
});

// A parent that died cannot take results any more, and its run will be given to another.
process.on('disconnect', () => process.exit(LEASE_LOST_EXIT_CODE));
// Ctrl-C in a terminal reaches every process of the group; the parent decides what becomes of its child.
process.on('SIGINT', () => undefined);
// Whoever sends it, the run can go on from where it is. The parent sends it to a child that did not hear its message.
process.on('SIGTERM', () => {
  if (stopped.signal.aborted || cancelled.signal.aborted) process.exit(TERMINATED_EXIT_CODE);
  stopped.abort();
});

async function carryOut(order: ChildOrder): Promise<void> {
  try {
    const outcome = await train(order);
    await post(
      outcome.kind === 'finished'
        ? { type: 'finished', result: outcome.result }
        : { type: 'stopped', step: outcome.step },
    );
  } catch (error) {
    if (!isCodedError(error))
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    await post({ type: 'failed', error: reportOf(error) });
  }
  process.exit(0);
}

async function train(order: ChildOrder): Promise<TrainModelOutcome> {
  const store = await openArtifactStore(order.artifacts);
  const folder = await documentsOf(order.corpus, store, join(order.workFolder, 'corpus'));
  const { validationCorpus, baseBundleSha256 } = order;
  const validationFolder =
    validationCorpus && (await documentsOf(validationCorpus, store, join(order.workFolder, 'validation')));
  if (cancelled.signal.aborted) throw new CodedError('cancelled', 'The run was cancelled before training began.');
  return trainModel(
    {
      paths: [folder],
      validationPaths: validationFolder === null ? undefined : [validationFolder],
      baseBundleFolder: baseBundleSha256 === null ? undefined : await store.openBundle(baseBundleSha256),
      exportCheckpoints: true,
      preset: order.preset,
      hyperparameters: { ...order.hyperparameters },
      seed: order.seed,
      workFolder: join(order.workFolder, 'model'),
      threads: order.threads,
      engine: await openEngine(order.engine, order.threads),
      stateFolder: order.stateFolder,
      saveIntervalSeconds: order.saveIntervalSeconds,
      precisionTolerance: order.precisionTolerance,
    },
    (event) => void post({ type: 'event', event }),
    { cancel: cancelled.signal, stop: stopped.signal },
  );
}

/** Writes the documents of a stored file into a folder, tells how many there are, and returns the folder. */
async function documentsOf(corpus: CorpusFile, store: ArtifactStore, folder: string): Promise<string> {
  const documents = await materializeDocuments({ ...corpus, bytes: await store.openRead(corpus.sha256) }, folder);
  const message = `${corpus.filename}: ${documents} ${documents === 1 ? 'document' : 'documents'}`;
  void post({ type: 'event', event: { type: 'log', message } });
  return folder;
}

function post(message: ChildMessage): Promise<void> {
  return postToParent(message);
}

function watchLease(leaseMs: number): void {
  const everyMs = Math.max(20, leaseMs / 10);
  const hasRunOut = (): boolean => Date.now() - ownedAtMs > leaseMs;
  const timer = setInterval(() => {
    if (!hasRunOut()) return;
    // After a long synchronous stretch timers run before the messages that arrived meanwhile are read: look again afterwards.
    setTimeout(() => {
      if (hasRunOut()) process.exit(LEASE_LOST_EXIT_CODE);
    }, everyMs);
  }, everyMs);
  timer.unref();
}
