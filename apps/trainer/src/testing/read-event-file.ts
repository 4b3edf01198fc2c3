import { readFileSync } from 'node:fs';
import { crc32c } from '../measurements/crc32c.js';

/** What a spec wants to know of an entry of an event file. */
export interface ReadEvent {
  readonly wallTimeSeconds: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly restart?: true;
  readonly scalars: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
}

type Field = readonly [number: number, value: bigint | Buffer];

/**
 * Reads an event file by the description of its formats alone, without the code that wrote it: TFRecord framing, and the
 * wire format of protocol buffers. Throws where a checksum is wrong.
 */
export function readEventFile(path: string): ReadEvent[] {
  const bytes = readFileSync(path);
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = bytes.subarray(at, at + 8);
    const data = bytes.subarray(at + 12, at + 12 + Number(head.readBigUInt64LE()));
    const end = at + 12 + data.length;
    if (!hasChecksum(head, bytes.readUInt32LE(at + 8)) || !hasChecksum(data, bytes.readUInt32LE(end)))
      throw new Error(`The record at byte ${at} of ${path} has a wrong checksum.`);
    events.push(readEvent(data));
    at = end + 4;
  }
  return events;
}

/** The description: "masked_crc = ((crc >> 15) | (crc << 17)) + 0xa282ead8", undone. */
function hasChecksum(bytes: Buffer, masked: number): boolean {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0 === crc32c(bytes);
}

function readEvent(data: Buffer): ReadEvent {
  const scalars: Record<string, number> = {};
  const texts: Record<string, string> = {};
  let event: Omit<ReadEvent, 'scalars' | 'texts'> = { wallTimeSeconds: 0, step: 0 };
  for (const [number, value] of fields(data)) {
    if (number === 1) event = { ...event, wallTimeSeconds: (value as Buffer).readDoubleLE() };
    if (number === 2) event = { ...event, step: Number(value) };
    if (number === 3) event = { ...event, fileVersion: String(value) };
    if (number === 7) event = { ...event, restart: true };
    if (number !== 5) continue;
    for (const [, summaryValue] of fields(value as Buffer)) {
      const parts = new Map(fields(summaryValue as Buffer));
      const tag = String(parts.get(1));
      const scalar = parts.get(2);
      if (scalar !== undefined) scalars[tag] = (scalar as Buffer).readFloatLE();
      const tensor = parts.get(8);
      if (tensor !== undefined) texts[tag] = String(new Map(fields(tensor as Buffer)).get(8));
    }
  }
  return { ...event, scalars, texts };
}

/** The fields of a message; numbers of a fixed size stay bytes. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  while (at < message.length) {
    const key = Number(varint());
    const wireType = key & 7;
    const value = wireType === 0 ? varint() : take(wireType === 1 ? 8 : wireType === 5 ? 4 : Number(varint()));
    found.push([key >>> 3, value]);
  }
  return found;
}
