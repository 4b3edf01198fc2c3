import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { exportLayersModel, importLayersModel, type LayersModelSource } from '#language-model/workbench';
import type { ModelVersion, Registry } from '#registry';
import { CODE_VERSION } from '../training/code-version.js';

/**
 * Reads a TensorFlow.js Layers model with its vocabulary and registers it as a model version, with where it comes from.
 * @throws model_unreadable, invalid_value, disk_full
 */
export async function importModel(
  registry: Registry,
  store: ArtifactStore,
  source: LayersModelSource & { readonly suffix?: string | undefined },
): Promise<ModelVersion> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-import-'));
  try {
    const { preset, config, sourceSha256 } = await importLayersModel(source, folder);
    const { bundleSha256 } = await store.putBundle(folder);
    return await registry.importVersion({
      actor: 'tfjs import',
      preset,
      suffix: source.suffix ?? null,
      bundleSha256,
      codeVersion: CODE_VERSION,
      hyperparameters: { ...config.hyperparameters },
      parameters: config.parameters,
      importedFrom: { format: 'tfjs-layers', path: resolve(source.modelPath), sha256: sourceSha256 },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes a version, a checkpoint, or what a deployment or preset serves, as a TensorFlow.js Layers model.
 * @returns the id of what was written
 * @throws model_not_found, no_model_ready, bundle_missing, bundle_corrupt
 */
export async function exportModel(
  registry: Registry,
  store: ArtifactStore,
  model: string,
  folder: string,
): Promise<string> {
  const { id, bundleSha256 } = await registry.resolveModel(model);
  await exportLayersModel(await store.openBundle(bundleSha256), folder);
  return id;
}
