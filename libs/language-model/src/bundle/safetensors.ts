import { CodedError } from '#errors';
import type { Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';

/** Numbers with a name and a shape, as they stand in a file. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Where one tensor stands in the file, in bytes from its beginning. */
export interface TensorLocation {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Name of the file in a bundle that has the weights. */
export const WEIGHTS_FILE = 'model.safetensors';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** The header's length stands in the first eight bytes; the header is padded so that tensors begin at a multiple of this. */
const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 64;

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A file in pieces, in their order; the tensors' bytes are not copied. */
export interface SafetensorsPieces {
  readonly pieces: readonly Uint8Array[];
  readonly locations: ReadonlyMap<string, TensorLocation>;
}

/**
 * Tensors in the safetensors format: a JSON header, then the raw numbers in the order given.
 * @see https://github.com/huggingface/safetensors#format
 */
export function layOutSafetensors(tensors: readonly NamedTensor[]): SafetensorsPieces {
  const header: Record<string, HeaderEntry> = {};
  let length = 0;
  for (const { name, shape, data } of tensors) {
    const end = length + data.byteLength;
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [length, end] };
    length = end;
  }
  const json = JSON.stringify(header);
  const dataStart = Math.ceil((LENGTH_BYTES + json.length) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const head = new Uint8Array(dataStart);
  new DataView(head.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  head.set(Buffer.from(json.padEnd(dataStart - LENGTH_BYTES)), LENGTH_BYTES);
  const locations = new Map<string, TensorLocation>();
  for (const { name, data } of tensors) {
    const offsetBytes = dataStart + header[name]!.data_offsets[0];
    locations.set(name, { offsetBytes, lengthBytes: data.byteLength });
  }
  const bodies = tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { pieces: [head, ...bodies], locations };
}

/** A model's parameters in the safetensors format. */
export function encodeSafetensors(parameters: Parameters): {
  bytes: Uint8Array;
  locations: ReadonlyMap<string, TensorLocation>;
} {
  const tensors = parameters.specs.map(({ name, shape }) => ({ name, shape, data: parameters.view(name) }));
  const { pieces, locations } = layOutSafetensors(tensors);
  return { bytes: new Uint8Array(Buffer.concat(pieces)), locations };
}

/**
 * Reads a model's parameters, as `encodeSafetensors` or another writer of the format wrote them.
 * @throws bundle_corrupt when a parameter is missing or has another shape, or the file is cut off
 */
export function decodeSafetensors(bytes: Uint8Array, architecture: Architecture): Parameters {
  const parameters = new Parameters(architecture);
  readSafetensors(
    bytes,
    parameters.specs.map(({ name, shape }) => ({ name, shape, data: parameters.view(name) })),
  );
  return parameters;
}

/**
 * Fills tensors with the numbers that a file has under their names.
 * @throws bundle_corrupt when one is missing or has another shape, or the file is cut off
 */
export function readSafetensors(bytes: Uint8Array, tensors: readonly NamedTensor[]): void {
  const locations = locateSafetensors(bytes, tensors);
  for (const { name, data } of tensors) {
    const { offsetBytes, lengthBytes } = locations.get(name)!;
    // Copied, since the numbers may begin at any byte.
    data.set(new Float32Array(new Uint8Array(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)).buffer));
  }
}

/**
 * Where tensors stand in a file.
 * @throws bundle_corrupt when one is missing or has another shape, or the file is cut off
 */
export function locateSafetensors(
  bytes: Uint8Array,
  tensors: readonly Pick<NamedTensor, 'name' | 'shape'>[],
): ReadonlyMap<string, TensorLocation> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.byteLength >= LENGTH_BYTES ? Number(view.getBigUint64(0, true)) : Infinity;
  if (LENGTH_BYTES + headerBytes > bytes.byteLength)
    throw corrupt(`its header ends beyond its ${bytes.byteLength} bytes`);
  const header = readHeader(Buffer.from(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes)).toString());
  const locations = new Map<string, TensorLocation>();
  for (const { name, shape } of tensors) {
    const entry = header.get(name);
    if (entry?.dtype !== 'F32' || JSON.stringify(entry.shape) !== JSON.stringify(shape)) {
      throw corrupt(`"${name}" should be F32 [${shape.join(', ')}] and is ${JSON.stringify(entry ?? 'missing')}`);
    }
    const [from, to] = Array.isArray(entry.data_offsets) ? (entry.data_offsets as unknown[]) : [];
    const offsetBytes = LENGTH_BYTES + headerBytes + Number(from);
    const count = shape.reduce((a, b) => a * b, 1);
    const lengthBytes = count * FLOAT_BYTES;
    if (!Number.isInteger(from) || Number(from) < 0 || Number(to) - Number(from) !== lengthBytes) {
      throw corrupt(`"${name}" stands at ${JSON.stringify(entry.data_offsets)} and has ${count} numbers`);
    }
    if (offsetBytes + lengthBytes > bytes.byteLength) throw corrupt(`"${name}" is cut off`);
    locations.set(name, { offsetBytes, lengthBytes });
  }
  return locations;
}

type UncheckedEntry = Partial<Record<keyof HeaderEntry, unknown>> | null;

function readHeader(json: string): Map<string, UncheckedEntry> {
  try {
    return new Map(Object.entries(JSON.parse(json) as Record<string, UncheckedEntry>));
  } catch (cause) {
    throw corrupt(`its header is not a JSON object (${String(cause)})`);
  }
}

function corrupt(reason: string): CodedError {
  return new CodedError('bundle_corrupt', `${WEIGHTS_FILE} cannot be read: ${reason}.`);
}
