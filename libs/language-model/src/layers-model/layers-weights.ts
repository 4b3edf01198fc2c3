import { CodedError } from '#errors';

/** An entry of `weightsManifest`. @see https://www.tensorflow.org/js/guide/save_load */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: unknown;
}

/** A group of weights and the files that hold their numbers, one after the other. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

/** Numbers with their name and shape, as a Layers model has them. */
export interface NamedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** TensorFlow.js splits weights into files of this size, so that browsers can cache them. */
const SHARD_BYTES = 4 * 1024 ** 2;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** The files of all weights, by name, and the manifest that describes them. */
export function encodeWeights(weights: readonly NamedWeight[]): {
  manifest: WeightGroup[];
  files: Map<string, Uint8Array>;
} {
  const total = weights.reduce((sum, { data }) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const { data } of weights) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  const count = Math.max(1, Math.ceil(total / SHARD_BYTES));
  const files = new Map<string, Uint8Array>();
  for (let shard = 0; shard < count; shard++) {
    const name = `group1-shard${shard + 1}of${count}.bin`;
    files.set(name, bytes.subarray(shard * SHARD_BYTES, (shard + 1) * SHARD_BYTES));
  }
  const entries = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  return { manifest: [{ paths: [...files.keys()], weights: entries }], files };
}

/**
 * Reads all weights of a manifest.
 * @param read the bytes of a file that the manifest names
 * @throws model_unreadable when a file is too short or too long, or numbers are not plain float32
 */
export async function decodeWeights(
  manifest: readonly WeightGroup[],
  read: (path: string) => Promise<Uint8Array>,
): Promise<NamedWeight[]> {
  const weights: NamedWeight[] = [];
  for (const group of manifest) {
    const shards: Uint8Array[] = [];
    for (const path of group.paths) shards.push(await read(path));
    const bytes = Buffer.concat(shards);
    let offset = 0;
    for (const { name, shape, dtype, quantization } of group.weights) {
      if (dtype !== 'float32' || quantization !== undefined) {
        throw unreadable(
          `the weight "${name}" is ${quantization === undefined ? dtype : 'quantised'}, expected plain float32. Convert the model without quantisation`,
        );
      }
      const length = shape.reduce((product, size) => product * size, FLOAT_BYTES);
      const end = offset + length;
      if (end > bytes.byteLength) throw unreadable(`the files ${group.paths.join(', ')} end inside of "${name}"`);
      // Copied, since the numbers may begin at any byte.
      weights.push({ name, shape, data: new Float32Array(new Uint8Array(bytes.subarray(offset, end)).buffer) });
      offset = end;
    }
    if (offset !== bytes.byteLength) {
      throw unreadable(
        `the files ${group.paths.join(', ')} have ${bytes.byteLength} bytes, the manifest describes ${offset}`,
      );
    }
  }
  return weights;
}

/** What cannot be read of a Layers model, as an error. */
export function unreadable(reason: string, cause?: unknown): CodedError {
  return new CodedError('model_unreadable', `The TensorFlow.js model cannot be used: ${reason}.`, { cause });
}
