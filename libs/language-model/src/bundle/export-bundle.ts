import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { isDiskFull } from '../disk-full.js';
import type { Parameters } from '../model/parameters.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { comparePrecisions, type PrecisionCheck } from './compare-precisions.js';
import { measureProbeText } from './measure-probe-text.js';
import { PROBE_FILE } from './probe-text.js';
import { describeQuantization } from './quantization.js';
import { buildQuantizedDecodeGraph } from './quantized-decode-graph.js';
import { readBundle, type BundleConfig } from './read-bundle.js';
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
 * `model.safetensors` beside them, card, and a manifest with the sha256 of each file. Given a text to check it on, the int8
 * variant of the decode graph is added, with its own weights, and what was measured goes into configuration and card; a part of the text
 * goes with it as the probe.
 * The same contents give the same bytes.
 * @throws disk_full when there is no room
 */
export async function exportBundle(folder: string, contents: BundleContents, check?: PrecisionCheck): Promise<void> {
  const { tokenizer, parameters } = contents;
  const { bytes, locations } = encodeSafetensors(parameters);
  const source = { file: WEIGHTS_FILE, locations };
  const bundle = new BundleWriter(folder);
  await bundle.write({
    'config.json': toJson(contents.config),
    'tokenizer.json': `${JSON.stringify(tokenizer)}\n`,
    [WEIGHTS_FILE]: bytes,
    'decode.onnx': buildDecodeGraph(parameters.architecture, source),
    'prefill.onnx': buildPrefillGraph(parameters.architecture, source),
    'score.onnx': buildScoreGraph(parameters.architecture, source),
    'card.md': contents.card,
  });
  if (check) {
    await bundle.write({ 'decode.int8.onnx': buildQuantizedDecodeGraph(parameters) });
    const written = await readBundle(folder);
    const quantization = await comparePrecisions(written, check);
    await bundle.write({
      [PROBE_FILE]: `${JSON.stringify(await measureProbeText(written, check))}\n`,
      'config.json': toJson({ ...contents.config, quantization }),
      'card.md': contents.card + describeQuantization(quantization),
    });
  }
  await bundle.finish();
}

/** Writes files and, at the end, the list of them. */
class BundleWriter {
  private readonly entries = new Map<string, { readonly sha256: string; readonly sizeBytes: number }>();

  constructor(private readonly folder: string) {}

  /** Writes files; one that is there already is replaced. */
  async write(files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      for (const [path, contents] of Object.entries(files)) {
        await writeFile(join(this.folder, path), contents);
        const sha256 = createHash('sha256').update(contents).digest('hex');
        this.entries.set(path, { sha256, sizeBytes: Buffer.byteLength(contents) });
      }
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause;
      const message = `No room for the model in ${this.folder}. Free some space and start the run again.`;
      throw new CodedError('disk_full', message, { cause });
    }
  }

  /** A folder without a manifest is no bundle. */
  async finish(): Promise<void> {
    const files = [...this.entries].map(([path, entry]) => ({ path, ...entry }));
    await this.write({ 'manifest.json': toJson({ format: 'understudy-bundle', version: 1, files }) });
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
