import { open } from 'node:fs/promises';

const PIECE_BYTES = 1 << 20;

/** Encodings that corpus files may have. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** What the bytes of a file say about its encoding. */
export interface EncodingVerdict {
  /** Null when the file is not text. */
  encoding: TextEncoding | null;
  /** Why, when it is not plain UTF-8; for the report. */
  note: string | null;
}

/** Bytes of a file in pieces of at most 1 MiB. A piece is valid until the next one is taken. */
async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Text of a file in pieces, without byte order mark, line ends as `\n`. Bytes that are not text in `encoding` become U+FFFD. */
export async function* readText(path: string, encoding: TextEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let isReturnHeld = false;
  for await (const bytes of readPieces(path)) {
    const decoded: string = decoder.decode(bytes, { stream: true });
    let piece: string = isReturnHeld ? '\r' + decoded : decoded;
    // A return at the end may be the first half of a line end.
    isReturnHeld = piece.endsWith('\r');
    if (isReturnHeld) piece = piece.slice(0, -1);
    yield piece.includes('\r') ? piece.replace(/\r\n?/gu, '\n') : piece;
  }
  yield (isReturnHeld ? '\n' : '') + decoder.decode();
}

const LARGEST_CONTROL_SHARE = 0.005;
const LARGEST_HIGH_SHARE = 0.3;
const VALID_PER_INVALID = 8;

interface ByteCounts {
  bytes: number;
  zeros: number;
  controls: number;
  high: number;
  /** Whole UTF-8 sequences of more than one byte. */
  sequences: number;
  /** Bytes that belong to none. */
  invalid: number;
}

/** Reads a file once to find out whether it is text, and in which encoding. */
export async function detectEncoding(path: string): Promise<EncodingVerdict> {
  const counter = new ByteCounter();
  for await (const bytes of readPieces(path)) {
    if (counter.counts.bytes === 0) {
      if (bytes[0] === 0xff && bytes[1] === 0xfe)
        return { encoding: 'utf-16le', note: 'read as UTF-16 (little-endian), which its byte order mark announces' };
      if (bytes[0] === 0xfe && bytes[1] === 0xff)
        return { encoding: 'utf-16be', note: 'read as UTF-16 (big-endian), which its byte order mark announces' };
    }
    counter.add(bytes);
    if (counter.counts.zeros > 0)
      return { encoding: null, note: 'it holds zero bytes, so it is not text (UTF-16 needs a byte order mark)' };
  }
  return verdict(counter.finish());
}

function verdict({ bytes, controls, high, sequences, invalid }: ByteCounts): EncodingVerdict {
  if (controls > bytes * LARGEST_CONTROL_SHARE)
    return { encoding: null, note: `${controls} of its ${bytes} bytes are control characters, so it is not text` };
  if (invalid === 0) return { encoding: 'utf-8', note: null };
  if (sequences >= VALID_PER_INVALID * invalid)
    return { encoding: 'utf-8', note: `${invalid} bytes are not valid UTF-8 and were read as unknown characters` };
  if (high > bytes * LARGEST_HIGH_SHARE)
    return {
      encoding: null,
      note: `it is neither UTF-8 nor western European text (${high} of its ${bytes} bytes are above 127); convert it to UTF-8`,
    };
  return { encoding: 'windows-1252', note: 'not valid UTF-8; read as windows-1252 (western European)' };
}

/** Counts what tells encodings apart, over pieces of any size. */
class ByteCounter {
  readonly counts: ByteCounts = { bytes: 0, zeros: 0, controls: 0, high: 0, sequences: 0, invalid: 0 };
  #expected = 0; // continuation bytes still to come
  #seen = 0; // bytes of the sequence so far

  add(bytes: Uint8Array): void {
    const counts = this.counts;
    counts.bytes += bytes.length;
    for (const byte of bytes) {
      if (byte < 0x80) {
        if (this.#expected > 0) this.#breakSequence();
        if (byte >= 32) continue;
        if (byte === 0) counts.zeros++;
        else if (byte < 8 || (byte > 13 && byte !== 26 && byte !== 27)) counts.controls++;
        continue;
      }
      counts.high++;
      if (byte < 0xc0 && this.#expected > 0) {
        this.#seen++;
        if (--this.#expected === 0) counts.sequences++;
        continue;
      }
      if (this.#expected > 0) this.#breakSequence();
      this.#expected = byte >= 0xf5 || byte < 0xc2 ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      if (this.#expected === 0) counts.invalid++;
      this.#seen = 1;
    }
  }

  finish(): ByteCounts {
    if (this.#expected > 0) this.#breakSequence();
    return this.counts;
  }

  #breakSequence(): void {
    this.counts.invalid += this.#seen;
    this.#expected = 0;
  }
}
