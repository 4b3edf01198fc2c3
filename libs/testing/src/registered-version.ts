import { createHash, randomUUID } from 'node:crypto';
import type { ModelVersion, Registry } from '#registry';

/** What a version made for a test may be. */
export interface RegisteredVersionOptions {
  /** `small` when left out. */
  readonly preset?: string;
  /** The bundle's hash; a random one, of no bundle, when left out. */
  readonly bundleSha256?: string;
  readonly suffix?: string;
  /** The corpus that it was trained on; a new one when left out. */
  readonly corpusId?: string;
  /** The version that it is continued from; none when left out. */
  readonly baseVersionId?: string;
}

/** Registers a model version the way the trainer does, without training one: corpus, run, outcome. */
export async function registerVersion(
  registry: Registry,
  options: RegisteredVersionOptions = {},
): Promise<ModelVersion> {
  const file = { filename: 'text.txt', sizeBytes: 12, sha256: randomSha256(), purpose: 'fine-tune' };
  const corpus =
    options.corpusId === undefined ? await registry.createCorpus(file) : await registry.getCorpus(options.corpusId);
  const { id } = await registry.createTrainingRun({
    corpusId: corpus.id,
    preset: options.preset ?? 'small',
    suffix: options.suffix ?? null,
    baseVersionId: options.baseVersionId ?? null,
    seed: 1,
  });
  const { fence } = await registry.startRun(id);
  return registry.completeRun(id, fence, {
    bundleSha256: options.bundleSha256 ?? randomSha256(),
    dataSha256: corpus.sha256,
    codeVersion: 'test',
    hyperparameters: { n_epochs: 1 },
    parameters: 1000,
    trainedTokens: 2000,
    metrics: { test: { perplexity: 12.5 } },
  });
}

function randomSha256(): string {
  return createHash('sha256').update(randomUUID()).digest('hex');
}
