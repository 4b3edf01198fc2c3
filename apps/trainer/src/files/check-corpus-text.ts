import { CodedError } from '#errors';
import type { CorpusFormat } from './corpus-format.js';
import { JsonlDocuments } from './jsonl-documents.js';

/**
 * Hands the bytes of an upload on unchanged while it checks that they are text: UTF-8 without NUL, not blank, and for
 * .jsonl one document per line. What is wrong is thrown in the middle of the stream, so that nothing of it is kept.
 *
 * @throws corpus_empty, corpus_not_text, archive_invalid
 */
export async function* checkCorpusText(
  source: AsyncIterable<Uint8Array>,
  format: CorpusFormat,
): AsyncGenerator<Uint8Array> {
  if (format === 'zip' || format === 'tar.gz') {
    yield* checkArchive(source, format);
    return;
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const documents = format === 'jsonl' ? new JsonlDocuments() : null;
  let offset = 0;
  let hasText = false;

  const take = (text: string): void => {
    if (documents === null) hasText ||= /\S/.test(text);
    else hasText = documents.push(text).some((document) => /\S/.test(document.text)) || hasText;
  };

  for await (const chunk of source) {
    const nul = chunk.indexOf(0);
    if (nul !== -1) throw notText(`has a NUL byte at offset ${offset + nul}`);
    take(decode(() => decoder.decode(chunk, { stream: true }), offset));
    offset += chunk.byteLength;
    yield chunk;
  }
  take(decode(() => decoder.decode(), offset));
  if (documents !== null) hasText = documents.end().some((document) => /\S/.test(document.text)) || hasText;
  if (!hasText) {
    throw new CodedError(
      'corpus_empty',
      `The file has no text in it (${offset} bytes). Upload a file with text to learn from.`,
      { param: 'file' },
    );
  }
}

const FIRST_BYTES = { zip: Buffer.from('PK'), 'tar.gz': Buffer.from([0x1f, 0x8b]) };

/** What is in an archive is looked at when it is whole; here only whether it is one. */
async function* checkArchive(source: AsyncIterable<Uint8Array>, format: 'zip' | 'tar.gz'): AsyncGenerator<Uint8Array> {
  const expected = FIRST_BYTES[format];
  let first = Buffer.alloc(0);
  for await (const chunk of source) {
    if (first.byteLength < expected.byteLength) first = Buffer.concat([first, chunk.subarray(0, expected.byteLength)]);
    if (!first.subarray(0, expected.byteLength).equals(expected.subarray(0, first.byteLength)))
      throw notArchive(format);
    yield chunk;
  }
  if (first.byteLength < expected.byteLength) throw notArchive(format);
}

function notArchive(format: string): CodedError {
  return new CodedError(
    'archive_invalid',
    `The file does not begin as a .${format} file does. Upload the archive itself, or a text under a name that ends in .txt.`,
    { param: 'file' },
  );
}

function decode(step: () => string, offset: number): string {
  try {
    return step();
  } catch (error) {
    throw notText(`is not valid UTF-8 near offset ${offset}`, error);
  }
}

function notText(what: string, cause?: unknown): CodedError {
  return new CodedError(
    'corpus_not_text',
    `The file ${what}, so it is not text in UTF-8. Convert it to UTF-8 text and upload it again.`,
    {
      param: 'file',
      cause,
    },
  );
}
