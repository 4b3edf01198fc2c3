import { join } from 'node:path';
import { openArtifactStore } from '#artifacts';
import { isCodedError } from '#errors';
import { architectureOf, estimateTokensPerSecond } from '#language-model';
import { compareModels } from '#language-model/upgrade';
import type { CorpusFile } from '../training/child-messages.js';
import { postToParent, reportOf } from '../training/child-report.js';
import { materializeDocuments } from '../training/materialize-documents.js';
import type { Measurement, MeasurementMessage, MeasurementOrder } from './measurement-messages.js';

/** The process that measures: one order, one answer, then it ends. A process of its own for the reasons that training has. */

/** EX_TEMPFAIL of sysexits.h: its parent is gone, another will measure. */
const PARENT_GONE_EXIT_CODE = 75;

process.on('message', (order: MeasurementOrder) => void carryOut(order));
process.on('disconnect', () => process.exit(PARENT_GONE_EXIT_CODE));
// Ctrl-C in a terminal reaches every process of the group; the parent decides what becomes of its child.
process.on('SIGINT', () => undefined);

async function carryOut(order: MeasurementOrder): Promise<void> {
  try {
    await post({ type: 'finished', measurement: await measure(order) });
  } catch (error) {
    if (!isCodedError(error))
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    await post({ type: 'failed', error: reportOf(error) });
  }
  process.exit(0);
}

async function measure(order: MeasurementOrder): Promise<Measurement> {
  const store = await openArtifactStore(order.artifacts);
  const unpack = async (corpus: CorpusFile, name: string): Promise<string> => {
    const folder = join(order.workFolder, name);
    await materializeDocuments({ ...corpus, bytes: await store.openRead(corpus.sha256) }, folder);
    return folder;
  };
  const paths = [await unpack(order.corpus, 'corpus')];
  const validation = order.validationCorpus;
  const validationPaths = validation === null ? {} : { validationPaths: [await unpack(validation, 'validation')] };
  const { from, to, fallback } = order.bundles;
  const bundles = {
    from: await store.openBundle(from),
    ...(to === undefined ? {} : { to: await store.openBundle(to) }),
    ...(fallback === undefined ? {} : { fallback: await store.openBundle(fallback) }),
  };
  const comparison = await compareModels(
    { paths, ...validationPaths, bundles, seed: order.seed, threads: order.threads },
    (progress) => void post({ type: 'progress', progress }),
    new AbortController().signal,
  );
  const tokensPerSecond: Record<string, number> = {};
  for (const [preset, hyperparameters] of Object.entries(order.presets)) {
    const architecture = architectureOf(hyperparameters, comparison.corpus.vocabularySize);
    tokensPerSecond[preset] = await estimateTokensPerSecond(architecture, order.threads);
  }
  return { comparison, tokensPerSecond };
}

function post(message: MeasurementMessage): Promise<void> {
  return postToParent(message);
}
