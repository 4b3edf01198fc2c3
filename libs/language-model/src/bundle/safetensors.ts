import { CodedError } from '#errors';
import type { Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';

/** Where one tensor stands in the file, in bytes from its beginning. */
export interface TensorLocation {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** The header's length stands in the first eight bytes; the header is padded so that tensors begin at a multiple of this. */
const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 64;

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * A model's parameters in the safetensors format: a JSON header, then the raw numbers.
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(parameters: Parameters): {
  bytes: Uint8Array;
  locations: Map<string, TensorLocation>;
} {
  const header: Record<string, HeaderEntry> = {};
  let length = 0;
  for (const { name, shape, size } of parameters.specs) {
    const end = length + size * FLOAT_BYTES;
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [length, end] };
    length = end;
  }
  const json = JSON.stringify(header);
  const dataStart = Math.ceil((LENGTH_BYTES + json.length) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const bytes = new Uint8Array(dataStart + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  bytes.set(Buffer.from(json.padEnd(dataStart - LENGTH_BYTES)), LENGTH_BYTES);
  const locations = new Map<string, TensorLocation>();
  for (const { name } of parameters.specs) {
    const view = parameters.view(name);
    const offsetBytes = dataStart + header[name]!.data_offsets[0];
    bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), offsetBytes);
    locations.set(name, { offsetBytes, lengthBytes: view.byteLength });
  }
  return { bytes, locations };
}

/**
 * Reads what `encodeSafetensors` or another writer of the format wrote.
 * @throws bundle_corrupt when a parameter is missing or has another shape, or the file is cut off
 */
export function decodeSafetensors(bytes: Uint8Array, architecture: Architecture): Parameters {
  const parameters = new Parameters(architecture);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.byteLength >= LENGTH_BYTES ? Number(view.getBigUint64(0, true)) : Infinity;
  if (LENGTH_BYTES + headerBytes > bytes.byteLength)
    throw corrupt(`its header ends beyond its ${bytes.byteLength} bytes`);
  const header = readHeader(Buffer.from(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes)).toString());
  for (const { name, shape, size } of parameters.specs) {
    const entry = header.get(name);
    if (entry?.dtype !== 'F32' || JSON.stringify(entry.shape) !== JSON.stringify(shape)) {
      throw corrupt(`"${name}" should be F32 [${shape.join(', ')}] and is ${JSON.stringify(entry ?? 'missing')}`);
    }
    const [from, to] = Array.isArray(entry.data_offsets) ? (entry.data_offsets as unknown[]) : [];
    const start = LENGTH_BYTES + headerBytes + Number(from);
    if (!Number.isInteger(from) || Number(from) < 0 || Number(to) - Number(from) !== size * FLOAT_BYTES) {
      throw corrupt(`"${name}" stands at ${JSON.stringify(entry.data_offsets)} and has ${size} numbers`);
    }
    if (start + size * FLOAT_BYTES > bytes.byteLength) throw corrupt(`"${name}" is cut off`);
    // Copied, since the numbers may begin at any byte.
    const data = new Uint8Array(bytes.subarray(start, start + size * FLOAT_BYTES));
    parameters.view(name).set(new Float32Array(data.buffer));
  }
  return parameters;
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
  return new CodedError('bundle_corrupt', `model.safetensors cannot be read: ${reason}.`);
}
