import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { openArtifactStore } from '#artifacts';
import { toErrorBody } from '#errors';
import { inspectCorpus, type CorpusInspection } from '#language-model/corpus';
import { materializeDocuments } from '../training/materialize-documents.js';
import type { InspectionAnswer, InspectionOrder } from './inspection-messages.js';

/** The process that looks at one file: reading hundreds of megabytes would keep the trainer from answering. */

const LOW_PRIORITY = 10;

process.once('message', (order: InspectionOrder) => void carryOut(order));
process.on('disconnect', () => process.exit(1));
// Ctrl-C in a terminal reaches every process of the group; the parent decides what becomes of its child.
process.on('SIGINT', () => undefined);

async function carryOut(order: InspectionOrder): Promise<void> {
  // One that was started lower still may not be raised: the kernel refuses that to anybody but root.
  if (getPriority() < LOW_PRIORITY) setPriority(LOW_PRIORITY);
  const answer = await inspect(order).then(
    (inspection): InspectionAnswer => ({ kind: 'inspected', inspection }),
    (error: unknown): InspectionAnswer => {
      const { code, message } = toErrorBody(error).error;
      return { kind: 'failed', code, message };
    },
  );
  process.send?.(answer, undefined, undefined, () => process.exit(0));
}

async function inspect({ artifacts, workFolder, corpus }: InspectionOrder): Promise<CorpusInspection> {
  const folder = join(workFolder, 'corpus');
  const store = await openArtifactStore(artifacts);
  const bytes = await store.openRead(corpus.sha256);
  await materializeDocuments({ ...corpus, bytes }, folder);
  return inspectCorpus({ paths: [folder] });
}
