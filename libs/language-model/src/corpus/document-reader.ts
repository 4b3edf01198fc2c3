import { createHash } from 'node:crypto';
import { CodedError } from '#errors';
import type { VocabularyBuilder } from '../tokenizer/index.js';
import type { CorpusFinding } from './corpus-report.js';
import type { DocumentBody } from './document-body.js';
import { BodyFinder } from './document-body.js';
import type { DocumentFile } from './find-documents.js';
import { LanguageMeter } from './language-meter.js';
import { MarkdownProse } from './markdown-prose.js';
import type { TextEncoding } from './read-text.js';
import { detectEncoding, readText } from './read-text.js';

/** A document whose tokens are in the vocabulary builder. */
export interface ReadDocument {
  name: string;
  /** SHA-256 of the text that was kept, as UTF-8 with `\n` line ends and without white space around it. */
  sha256: string;
  /** Its tokens in the builder. */
  start: number;
  length: number;
}

export interface ReadingOptions {
  signal?: AbortSignal | undefined;
  /** Called after each piece with its size in the file, in bytes (estimated from the characters read). */
  onRead?: ((bytes: number) => void) | undefined;
}

/**
 * Reads one file into the builder: finds its encoding, cuts boilerplate and Markdown markup, hashes and tokenises the rest, in pieces of 1 MiB.
 * Returns null, with a finding, when it holds no text; the builder then holds nothing of it.
 * @throws cancelled
 */
export async function readDocument(
  file: DocumentFile,
  builder: VocabularyBuilder,
  findings: CorpusFinding[],
  options: ReadingOptions = {},
): Promise<ReadDocument | null> {
  const start = builder.length;
  const reject = (code: CorpusFinding['code'], message: string): null => {
    builder.truncate(start);
    findings.push({ document: file.name, code, message });
    options.onRead?.(file.sizeBytes);
    return null;
  };
  try {
    const { encoding, note } = await detectEncoding(file.path);
    if (encoding === null) return reject('not_text', `${file.name} was left out: ${note ?? 'it is not text'}.`);
    if (note !== null)
      findings.push({ document: file.name, code: 'encoding_converted', message: `${file.name}: ${note}.` });
    const body = await findBody(file, encoding, options.signal);
    if (body.removedCharacters > 0) {
      findings.push({
        document: file.name,
        code: 'boilerplate_removed',
        message: `${file.name}: ${body.removedCharacters} characters of Project Gutenberg header and licence were removed.`,
      });
    }
    const meter = new LanguageMeter();
    const sha256 = await tokenize(file, encoding, body, { builder, meter }, options);
    const length = builder.length - start;
    if (length === 0)
      return reject(
        'no_words',
        `${file.name} was left out: it holds no words${file.sizeBytes === 0 ? ' (it is empty)' : ''}.`,
      );
    const unlike = meter.verdict();
    if (unlike !== null)
      findings.push({
        document: file.name,
        code: 'unlike_language',
        message: `${file.name} does not look like language: ${unlike}. It is used all the same; take it out if it is not meant to be learnt.`,
      });
    return { name: file.name, sha256, start, length };
  } catch (error) {
    if (!isFileError(error)) throw error;
    builder.endDocument();
    return reject('unreadable', `${file.name} was left out: it cannot be read (${error.code}).`);
  }
}

async function findBody(
  file: DocumentFile,
  encoding: TextEncoding,
  signal: AbortSignal | undefined,
): Promise<DocumentBody> {
  const finder = new BodyFinder();
  for await (const piece of readText(file.path, encoding)) {
    throwIfCancelled(signal);
    finder.push(piece);
  }
  return finder.finish();
}

async function tokenize(
  file: DocumentFile,
  encoding: TextEncoding,
  body: DocumentBody,
  { builder, meter }: { builder: VocabularyBuilder; meter: LanguageMeter },
  options: ReadingOptions,
): Promise<string> {
  const hash = createHash('sha256');
  const trimmer = new Trimmer();
  const markdown = file.isMarkdown ? new MarkdownProse() : null;
  const add = (text: string): void => {
    hash.update(trimmer.push(text));
    meter.push(text);
    builder.push(body.hasParagraphLines && markdown === null ? text.replaceAll('\n', '\n\n') : text);
  };
  let offset = 0;
  for await (const piece of readText(file.path, encoding)) {
    throwIfCancelled(options.signal);
    const kept = within(body, piece, offset);
    offset += piece.length;
    add(markdown === null ? kept : markdown.push(kept));
    options.onRead?.(Math.min(piece.length, file.sizeBytes));
  }
  if (markdown !== null) add(markdown.finish());
  builder.endDocument();
  return hash.digest('hex');
}

/** The part of a piece, which begins at `offset`, that lies in the body. */
function within(body: DocumentBody, piece: string, offset: number): string {
  let kept = '';
  for (const { start, end } of body.ranges) {
    if (end > offset && start < offset + piece.length)
      kept += piece.slice(Math.max(0, start - offset), Math.max(0, end - offset));
  }
  return kept;
}

/** Drops white space at both ends of a text that comes in pieces. */
class Trimmer {
  #hasBegun = false;
  #space = '';

  push(piece: string): string {
    const begun = this.#hasBegun ? piece : piece.trimStart();
    if (begun === '') return '';
    this.#hasBegun = true;
    const kept = begun.trimEnd();
    const space = begun.slice(kept.length);
    if (kept === '') {
      this.#space += space;
      return '';
    }
    const text = this.#space + kept;
    this.#space = space;
    return text;
  }
}

/** @throws cancelled */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CodedError('cancelled', 'Reading the corpus was cancelled.');
}

function isFileError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
