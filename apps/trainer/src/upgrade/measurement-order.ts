import { artifactSettings } from '#artifacts';
import type { Config } from '#config';
import { CodedError, isCodedError } from '#errors';
import type { Corpus, Registry } from '#registry';
import { corpusFormat } from '../files/corpus-format.js';
import { archiveLimits } from '../files/unpack-budget.js';
import type { CorpusFile } from '../training/child-messages.js';
import { hyperparametersOf, runOf, type Candidates } from './gather-evidence.js';
import type { MeasurementOrder } from './measurement-messages.js';

/** What a child is told to measure: those of the candidates that are trained, on the text of the smallest one's run. */
export async function measurementOrder(
  { registry, config }: { readonly registry: Registry; readonly config: Config },
  corpus: Corpus,
  { from, to, fallback }: Candidates,
  workFolder: string,
): Promise<MeasurementOrder> {
  const { validationCorpusId, seed } = await registry.getTrainingRun(runOf(from.version));
  const all = [from, to, ...(fallback === null ? [] : [fallback])];
  return {
    corpus: toFile(corpus, config),
    validationCorpus:
      validationCorpusId === null ? null : toFile(await stillThere(registry, validationCorpusId), config),
    artifacts: artifactSettings(config),
    workFolder,
    bundles: {
      from: from.version.bundleSha256,
      ...(to.version && { to: to.version.bundleSha256 }),
      ...(fallback?.version && { fallback: fallback.version.bundleSha256 }),
    },
    presets: Object.fromEntries(all.map((candidate) => [candidate.preset, hyperparametersOf(candidate)])),
    seed,
    threads: config.trainingThreads,
  };
}

async function stillThere(registry: Registry, corpusId: string): Promise<Corpus> {
  try {
    return await registry.getCorpus(corpusId);
  } catch (error) {
    if (!isCodedError(error, 'file_not_found')) throw error;
    throw new CodedError('file_not_found', `The validation file ${corpusId} of the run was deleted; upload it again.`);
  }
}

function toFile({ filename, sha256 }: Corpus, config: Config): CorpusFile {
  return { filename, format: corpusFormat(filename), sha256, limits: archiveLimits(config) };
}
