import { join } from 'node:path';
import { FolderArtifactStore } from '#artifacts';
import { openDatabase } from '#database';
import { architectureOf, countParameters, resolveHyperparameters, type Hyperparameters } from '#language-model';
import { Registry } from '#registry';
import { SYNTHETIC_VOCABULARY, writeSyntheticBundle } from './synthetic-bundle.js';

/** What is in the registry afterwards. */
export interface SyntheticVersions {
  /** Ids of the versions; the deployment `production` has the first. */
  readonly versions: readonly string[];
  /** A key with the scope `completions`. */
  readonly key: string;
  /** A key with the scope `admin`. */
  readonly adminKey: string;
}

/** Sizes, and how many versions of them with different weights. */
interface SyntheticOptions {
  readonly preset: string;
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
  readonly versions?: number;
  /** Whether all of them have the same weights. */
  readonly areIdentical?: boolean;
}

const ACTOR = 'bench';

/** Registers synthetic bundles and promotes the first, by the same use cases as training does. */
export async function registerSyntheticVersions(
  connectionString: string,
  dataFolder: string,
  options: SyntheticOptions,
): Promise<SyntheticVersions> {
  const hyperparameters = resolveHyperparameters(options.preset, options.hyperparameters);
  const database = openDatabase({ connectionString });
  try {
    const registry = new Registry(database);
    const versions: string[] = [];
    for (let seed = 1; seed <= (options.versions ?? 1); seed++)
      versions.push(await register(registry, dataFolder, hyperparameters, options.areIdentical === true ? 1 : seed));
    await registry.ensureDeployment('production');
    await registry.promote({ deployment: 'production', versionId: versions[0] ?? '', actor: ACTOR });
    const { key } = await registry.createApiKey({ name: 'bench', scopes: ['completions'], actor: ACTOR });
    const { key: adminKey } = await registry.createApiKey({ name: 'bench admin', scopes: ['admin'], actor: ACTOR });
    return { versions, key, adminKey };
  } finally {
    await database.close();
  }
}

async function register(
  registry: Registry,
  dataFolder: string,
  hyperparameters: Hyperparameters,
  seed: number,
): Promise<string> {
  const bundle = join(dataFolder, `bundle-${seed}`);
  await writeSyntheticBundle(bundle, hyperparameters, seed);
  const { bundleSha256 } = await new FolderArtifactStore(join(dataFolder, 'artifacts')).putBundle(bundle);
  const sha256 = '0'.repeat(64);
  const corpus = await registry.createCorpus({ filename: 'none.txt', sizeBytes: 1, sha256, purpose: 'fine-tune' });
  const { preset } = hyperparameters;
  const run = await registry.createTrainingRun({ corpusId: corpus.id, preset, seed });
  const { fence } = await registry.startRun(run.id);
  const version = await registry.completeRun(run.id, fence, {
    bundleSha256,
    dataSha256: sha256,
    codeVersion: ACTOR,
    hyperparameters: { ...hyperparameters },
    parameters: countParameters(architectureOf(hyperparameters, SYNTHETIC_VOCABULARY)),
    trainedTokens: 0,
    metrics: {},
  });
  return version.id;
}
