import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { isDiskFull } from '../disk-full.js';
import type { Parameters } from '../model/parameters.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { BundleConfig } from './read-bundle.js';
import { WEIGHTS_FILE, encodeSafetensors } from './safetensors.js';
import { buildDecodeGraph, buildPrefillGraph, buildScoreGraph } from './serving-graphs.js';

/** What goes into a bundle. */
export interface BundleContents {
  readonly config: BundleConfig;
  readonly tokenizer: Tokenizer;
  readonly parameters: Parameters;
  /** Text of `card.md`. */
  readonly card: string;
}

/**
 * Writes an artifact bundle into a folder: configuration, tokenizer, weights, three graphs that read the weights from
 * `model.safetensors` beside them, card, and a manifest with the sha256 of each file. The same contents give the same bytes.
 * @throws disk_full when there is no room
 */
export async function exportBundle(
  folder: string,
  { config, tokenizer, parameters, card }: BundleContents,
): Promise<void> {
  const { bytes, locations } = encodeSafetensors(parameters);
  const source = { file: WEIGHTS_FILE, locations };
  const files: Record<string, Uint8Array | string> = {
    'config.json': `${JSON.stringify(config, null, 2)}\n`,
    'tokenizer.json': `${JSON.stringify(tokenizer)}\n`,
    [WEIGHTS_FILE]: bytes,
    'decode.onnx': buildDecodeGraph(parameters.architecture, source),
    'prefill.onnx': buildPrefillGraph(parameters.architecture, source),
    'score.onnx': buildScoreGraph(parameters.architecture, source),
    'card.md': card,
  };
  const entries = Object.entries(files).map(([path, contents]) => ({
    path,
    sha256: createHash('sha256').update(contents).digest('hex'),
    sizeBytes: Buffer.byteLength(contents),
  }));
  files['manifest.json'] = `${JSON.stringify({ format: 'understudy-bundle', version: 1, files: entries }, null, 2)}\n`;
  try {
    await mkdir(folder, { recursive: true });
    for (const [path, contents] of Object.entries(files)) await writeFile(join(folder, path), contents);
  } catch (cause) {
    if (isDiskFull(cause)) {
      throw new CodedError(
        'disk_full',
        `No room for the model in ${folder}. Free some space and start the run again.`,
        { cause },
      );
    }
    throw cause;
  }
}
