import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import type { Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const ARCHITECTURE: Architecture = { vocabularySize: 5, embeddingDim: 3, lstmUnits: 2, numLayers: 2 };

function filled(): Parameters {
  const parameters = new Parameters(ARCHITECTURE);
  parameters.specs.forEach(({ name }, index) => {
    const view = parameters.view(name);
    for (let i = 0; i < view.length; i++) view[i] = Math.sin(100 * index + i);
  });
  return parameters;
}

function bits(parameters: Parameters): string[] {
  return parameters.specs.map(({ name }) => Buffer.from(parameters.view(name).slice().buffer).toString('hex'));
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A file as another writer may lay it out: any order, no alignment, other tensors and metadata between. */
function writtenElsewhere(parameters: Parameters): Buffer {
  const header: Record<string, Entry | Record<string, string>> = { __metadata__: { format: 'pt' } };
  const parts: Buffer[] = [Buffer.alloc(3)];
  let offset = 3;
  for (const { name, shape } of [...parameters.specs].reverse()) {
    const data = Buffer.from(parameters.view(name).slice().buffer);
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [offset, offset + data.length] };
    parts.push(data);
    offset += data.length;
  }
  header['unrelated'] = { dtype: 'F16', shape: [1], data_offsets: [0, 2] };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/** A file with the given header before the data of `filled`. */
function withHeader(header: unknown): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(4096)]);
}

describe('safetensors', () => {
  it('are read as they were written, bit for bit', () => {
    const parameters = filled();
    parameters.view('output.bias').set([NaN, -0, Infinity, 1e-45, -3.4e38]);
    expect(bits(decodeSafetensors(encodeSafetensors(parameters).bytes, ARCHITECTURE))).toEqual(bits(parameters));
  });

  it('follow the format: header length, JSON, then the numbers without gaps, aligned and where `locations` says', () => {
    const parameters = filled();
    const { bytes, locations } = encodeSafetensors(parameters);
    const buffer = Buffer.from(bytes);
    const headerLength = Number(buffer.readBigUInt64LE(0));
    const header = JSON.parse(buffer.subarray(8, 8 + headerLength).toString()) as Record<string, Entry>;
    const dataStart = 8 + headerLength;
    expect(dataStart % 64).toBe(0);
    let end = 0;
    for (const { name, shape, size } of parameters.specs) {
      expect(header[name]).toEqual({ dtype: 'F32', shape, data_offsets: [end, end + 4 * size] });
      expect(locations.get(name)).toEqual({ offsetBytes: dataStart + end, lengthBytes: 4 * size });
      expect(buffer.readFloatLE(dataStart + end)).toBe(parameters.view(name)[0]);
      end += 4 * size;
    }
    expect(bytes.length).toBe(dataStart + end);
  });

  it('are read from another writer: any order, no alignment, metadata and tensors that do not concern us', () => {
    const parameters = filled();
    expect(bits(decodeSafetensors(writtenElsewhere(parameters), ARCHITECTURE))).toEqual(bits(parameters));
  });

  it('are refused as corrupt wherever they are cut off', () => {
    const { bytes } = encodeSafetensors(filled());
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.slice(0, length), ARCHITECTURE), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'bundle_corrupt' }),
      );
    }
  });

  const good: Entry = { dtype: 'F32', shape: [5, 3], data_offsets: [0, 60] };
  it.each([
    ['no JSON', '{"embedding'],
    ['null', null],
    ['a list', []],
    ['a number', 5],
    ['no tensor', {}],
    ['a tensor that is null', { 'embedding.weight': null }],
    ['a tensor that is text', { 'embedding.weight': 'F32' }],
    ['a tensor without shape', { 'embedding.weight': { ...good, shape: undefined } }],
    ['a tensor without place', { 'embedding.weight': { ...good, data_offsets: undefined } }],
    ['a tensor before the data', { 'embedding.weight': { ...good, data_offsets: [-60, 0] } }],
    ['a tensor between two bytes', { 'embedding.weight': { ...good, data_offsets: [0.5, 60.5] } }],
    ['a tensor that is longer than its shape', { 'embedding.weight': { ...good, data_offsets: [0, 64] } }],
    ['a tensor of another type', { 'embedding.weight': { ...good, dtype: 'F16' } }],
    ['a tensor of another shape', { 'embedding.weight': { ...good, shape: [3, 5] } }],
  ])('are refused as corrupt when the header is or holds %s', (_name, header) => {
    expect(() => decodeSafetensors(withHeader(header), ARCHITECTURE)).toThrow(
      expect.objectContaining({
        code: 'bundle_corrupt',
        message: expect.stringMatching(/model\.safetensors/) as string,
      }),
    );
  });

  it('are read or refused as corrupt, whatever bytes there are', () => {
    const { bytes } = encodeSafetensors(filled());
    const headerEnd = 8 + Number(Buffer.from(bytes).readBigUInt64LE(0));
    const damage = fc.array(fc.record({ at: fc.nat(headerEnd - 1), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 4,
    });
    const isHandled = (file: Uint8Array): boolean => {
      try {
        return decodeSafetensors(file, ARCHITECTURE) instanceof Parameters;
      } catch (error) {
        if (!isCodedError(error, 'bundle_corrupt')) throw error;
        return true;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isHandled));
    fc.assert(
      fc.property(damage, (changes) => {
        const file = bytes.slice();
        for (const { at, byte } of changes) file[at] = byte;
        return isHandled(file);
      }),
      { numRuns: 500 },
    );
  });
});
