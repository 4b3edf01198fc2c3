import { CodedError } from '#errors';
import type { VocabularyBuilder } from '../tokenizer/index.js';
import type { CorpusFinding } from './corpus-report.js';
import type { ReadDocument } from './document-reader.js';
import { readDocument, throwIfCancelled } from './document-reader.js';
import type { DocumentFile } from './find-documents.js';

/** How far reading has come. */
export interface CorpusProgress {
  filesRead: number;
  files: number;
  bytesRead: number;
  sizeBytes: number;
  tokens: number;
}

/** Documents by what they are for. */
export interface DocumentSet<T> {
  /** What is divided into training, validation and test part. */
  readonly documents: readonly T[];
  /** What only validates. */
  readonly validation: readonly T[];
}

/**
 * Reads all files into the builder and leaves out those that are no text, and those that say what another one says: a validation document
 * that is also among the others would measure what was learnt by heart.
 * @throws cancelled
 */
export async function readDocuments(
  files: DocumentSet<DocumentFile>,
  builder: VocabularyBuilder,
  findings: CorpusFinding[],
  options: { signal?: AbortSignal | undefined; onProgress?: ((progress: CorpusProgress) => void) | undefined },
): Promise<DocumentSet<ReadDocument>> {
  const read = { documents: [] as ReadDocument[], validation: [] as ReadDocument[] };
  const seen = new Map<string, string>();
  const all = [...files.documents, ...files.validation];
  const progress: CorpusProgress = {
    filesRead: 0,
    files: all.length,
    bytesRead: 0,
    sizeBytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    tokens: 0,
  };
  for (const [index, file] of all.entries()) {
    throwIfCancelled(options.signal);
    const before = progress.bytesRead;
    const onRead = (bytes: number): void => {
      progress.bytesRead = Math.min(progress.bytesRead + bytes, before + file.sizeBytes);
      progress.tokens = builder.length;
      options.onProgress?.({ ...progress });
    };
    const document = await readDocument(file, builder, findings, { signal: options.signal, onRead });
    progress.filesRead++;
    progress.bytesRead = before + file.sizeBytes;
    if (document === null) continue;
    const same = seen.get(document.sha256);
    if (same !== undefined) {
      builder.truncate(document.start);
      findings.push({
        document: file.name,
        code: 'duplicate_dropped',
        message: `${file.name} was left out: its text is the same as that of ${same}.`,
      });
      continue;
    }
    seen.set(document.sha256, document.name);
    (index < files.documents.length ? read.documents : read.validation).push(document);
  }
  progress.tokens = builder.length;
  options.onProgress?.({ ...progress });
  return read;
}

const LEFT_OUT = new Set<CorpusFinding['code']>(['duplicate_dropped', 'not_text', 'unreadable', 'no_words']);

/**
 * Refuses a corpus of which too little is left.
 * @throws corpus_empty, corpus_not_text, corpus_unreadable, corpus_too_small, invalid_value
 */
export function checkDocuments(
  files: DocumentSet<DocumentFile>,
  read: DocumentSet<ReadDocument>,
  findings: readonly CorpusFinding[],
  minimumTokens: number,
): void {
  if (read.documents.length === 0) throw nothingRead(files.documents, findings);
  checkSize(read.documents, minimumTokens, findings);
  if (files.validation.length === 0 || read.validation.length > 0) return;
  const last = findings.at(-1);
  if (last?.code !== 'duplicate_dropped' && last?.code !== 'near_duplicate_dropped')
    throw nothingRead(files.validation, findings.slice(-files.validation.length));
  throw new CodedError(
    'invalid_value',
    `Nothing of the validation text is left: ${last.message} Validate on text that is not in the training file, or leave validation_file out to hold out a part of it.`,
    { param: 'validation_file' },
  );
}

function nothingRead(files: readonly DocumentFile[], findings: readonly CorpusFinding[]): CodedError {
  const none = files.length === 1 ? 'The only file' : `Each of the ${files.length} files`;
  const first = (code: CorpusFinding['code']): string | undefined =>
    findings.find((finding) => finding.code === code)?.message;
  const notText = first('not_text');
  if (notText !== undefined)
    return new CodedError('corpus_not_text', `${none} was left out. ${notText} Give plain text or Markdown in UTF-8.`);
  const unreadable = first('unreadable');
  if (unreadable !== undefined)
    return new CodedError('corpus_unreadable', `${none} was left out. ${unreadable} Make them readable.`);
  return new CodedError('corpus_empty', `${none} was left out. ${first('no_words') ?? ''} Give files with text.`);
}

function checkSize(
  documents: readonly ReadDocument[],
  minimumTokens: number,
  findings: readonly CorpusFinding[],
): void {
  const tokens = documents.reduce((sum, { length }) => sum + length, 0);
  if (tokens >= minimumTokens) return;
  const dropped = findings.filter(({ code }) => LEFT_OUT.has(code));
  const more =
    dropped[0] === undefined ? '' : `; ${dropped.length} files were left out, the first one so: ${dropped[0].message}`;
  throw new CodedError(
    'corpus_too_small',
    `The corpus has ${tokens} tokens, but at least ${minimumTokens} are needed${more.replace(/\.$/u, '')}. Add text.`,
  );
}
