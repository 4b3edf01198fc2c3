import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBundle } from '../bundle/read-bundle.js';
import { decodeSafetensors } from '../bundle/safetensors.js';
import { toLayersWeights } from './layers-parameters.js';
import { describeTopology } from './layers-topology.js';
import { encodeWeights } from './layers-weights.js';

/**
 * Writes a bundle's model as a TensorFlow.js Layers model: `model.json`, its weight files, and `vocabulary.json`, our tokenizer.
 * `tf.loadLayersModel` reads it; token ids [batch, T] go in, the next word's probabilities [batch, T, V] come out, `<unk>` included.
 * @throws bundle_missing, bundle_corrupt
 * @see https://www.tensorflow.org/js/guide/save_load
 */
export async function exportLayersModel(bundleFolder: string, folder: string): Promise<void> {
  const { architecture, config } = await readBundle(bundleFolder);
  const parameters = decodeSafetensors(await readFile(join(bundleFolder, 'model.safetensors')), architecture);
  const { manifest, files } = encodeWeights(toLayersWeights(parameters));
  const model = {
    format: 'layers-model',
    generatedBy: 'understudy',
    convertedBy: null,
    modelTopology: describeTopology(architecture, config.preset, config.hyperparameters.dropoutRate),
    weightsManifest: manifest,
    userDefinedMetadata: { seed: config.seed, dataSha256: config.dataSha256, hyperparameters: config.hyperparameters },
  };
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, 'vocabulary.json'), await readFile(join(bundleFolder, 'tokenizer.json')));
  // Last, so that a folder with a model.json is a whole model.
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(model)}\n`);
}
