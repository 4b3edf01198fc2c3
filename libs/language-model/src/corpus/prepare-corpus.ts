import { createHash } from 'node:crypto';
import { CodedError } from '#errors';
import { type BuiltVocabulary, DOCUMENT_ID, type Tokenizer, VocabularyBuilder } from '../tokenizer/index.js';
import { addCorpusFindings } from './corpus-findings.js';
import type { CorpusFinding, CorpusReport, PartReport } from './corpus-report.js';
import { partReport } from './corpus-report.js';
import type { ReadDocument } from './document-reader.js';
import { readDocument, throwIfCancelled } from './document-reader.js';
import type { DocumentFile } from './find-documents.js';
import { findDocuments } from './find-documents.js';
import type { Block } from './split-documents.js';
import { splitDocuments } from './split-documents.js';

/** Where a document lies in the ids of its part. */
export interface CorpusDocument {
  name: string;
  /** Index of its `<doc>`. */
  start: number;
  /** Number of ids, `<doc>` included. */
  length: number;
}

/** Token ids of one part of a corpus; each document begins with `<doc>`. */
export interface CorpusPart {
  ids: Uint16Array;
  documents: CorpusDocument[];
}

/** A corpus ready to train on. */
export interface PreparedCorpus {
  tokenizer: Tokenizer;
  train: CorpusPart;
  validation: CorpusPart;
  test: CorpusPart;
  report: CorpusReport;
  /** SHA-256 of the documents' texts in order and of everything that decides which ids come of them. */
  dataSha256: string;
}

/** How far reading has come. */
export interface CorpusProgress {
  filesRead: number;
  files: number;
  bytesRead: number;
  sizeBytes: number;
  tokens: number;
}

export interface PrepareCorpusOptions {
  /** Folders (searched for .txt and .md files) and files. */
  paths: readonly string[];
  /** Default `text`. */
  tokenization?: 'text' | 'words';
  /** Largest number of token ids, special tokens included; default 10,000, at most 65,536. */
  maxVocabularySize?: number;
  /** Words of the training part that are rarer are unknown; default 2, so that the unknown class has examples to learn from. */
  minimumCount?: number;
  /** Chooses the held-out documents. */
  seed: number;
  /** Shares of the tokens; default 0.05 each. 0 leaves the part empty. */
  validationFraction?: number;
  testFraction?: number;
  /** Most tokens to train on; the held-out parts shrink with them. Default: all. */
  maxTokens?: number | undefined;
  /** Fewest tokens of a corpus worth training on; default 1,000. */
  minimumTokens?: number;
  onProgress?: (progress: CorpusProgress) => void;
  signal?: AbortSignal;
}

type Settings = Required<Omit<PrepareCorpusOptions, 'paths' | 'onProgress' | 'signal' | 'maxTokens'>> &
  Pick<PrepareCorpusOptions, 'maxTokens'>;

/**
 * Reads text files once into token ids: checks and cleans the documents, drops duplicates, splits by whole document with a seed, and builds
 * the vocabulary from the training part. Needs 6 bytes of memory a token; the same files and options give the same ids.
 * @throws corpus_unreadable, corpus_empty, corpus_not_text, corpus_too_small, invalid_value, cancelled
 */
export async function prepareCorpus(options: PrepareCorpusOptions): Promise<PreparedCorpus> {
  const settings = withDefaults(options);
  const files = await findDocuments(options.paths);
  const builder = new VocabularyBuilder(settings.tokenization);
  const findings: CorpusFinding[] = [];
  const documents = await readDocuments(files, builder, findings, options);
  if (documents.length === 0) throw nothingRead(files, findings);
  checkSize(documents, settings.minimumTokens, findings);
  const split = splitDocuments(documents, settings);
  const ranges = split.train.map((block) => rangeOf(documents, block));
  const vocabulary = builder.build(ranges, {
    maxVocabularySize: settings.maxVocabularySize,
    minimumCount: settings.minimumCount,
  });
  const train = encodePart(documents, split.train, vocabulary);
  const validation = encodePart(documents, split.validation, vocabulary);
  const test = encodePart(documents, split.test, vocabulary);
  const report: CorpusReport = {
    files: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    documents: documents.length,
    train: train.report,
    validation: validation.report,
    test: test.report,
    vocabularySize: vocabulary.tokenizer.vocabularySize,
    distinctTokens: vocabulary.distinctTokens,
    findings,
  };
  addCorpusFindings(report, {
    ...settings,
    sharesDocument: split.sharesDocument,
    forgottenWords: builder.forgottenWords,
  });
  return {
    tokenizer: vocabulary.tokenizer,
    train: train.part,
    validation: validation.part,
    test: test.part,
    report,
    dataSha256: hashData(documents, settings),
  };
}

function withDefaults(options: PrepareCorpusOptions): Settings {
  const {
    tokenization = 'text',
    maxVocabularySize = 10_000,
    minimumCount = 2,
    seed,
    validationFraction = 0.05,
    testFraction = 0.05,
    maxTokens,
    minimumTokens = 1_000,
  } = options;
  return {
    tokenization,
    maxVocabularySize,
    minimumCount,
    seed,
    validationFraction,
    testFraction,
    maxTokens,
    minimumTokens,
  };
}

async function readDocuments(
  files: readonly DocumentFile[],
  builder: VocabularyBuilder,
  findings: CorpusFinding[],
  options: PrepareCorpusOptions,
): Promise<ReadDocument[]> {
  const documents: ReadDocument[] = [];
  const seen = new Map<string, string>();
  const progress: CorpusProgress = {
    filesRead: 0,
    files: files.length,
    bytesRead: 0,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    tokens: 0,
  };
  for (const file of files) {
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
    documents.push(document);
  }
  progress.tokens = builder.length;
  options.onProgress?.({ ...progress });
  return documents;
}

const LEFT_OUT = new Set<CorpusFinding['code']>(['duplicate_dropped', 'not_text', 'unreadable', 'no_words']);

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

interface EncodedPart {
  part: CorpusPart;
  report: PartReport;
}

function encodePart(
  documents: readonly ReadDocument[],
  blocks: readonly Block[],
  vocabulary: BuiltVocabulary,
): EncodedPart {
  const tokens = blocks.reduce((sum, { length }) => sum + length, 0);
  const ids = new Uint16Array(tokens + blocks.length);
  const placed: CorpusDocument[] = [];
  let position = 0;
  let unknown = 0;
  for (const block of blocks) {
    placed.push({ name: documents[block.document]?.name ?? '', start: position, length: block.length + 1 });
    ids[position] = DOCUMENT_ID;
    unknown += vocabulary.encodeRange(rangeOf(documents, block), ids, position + 1);
    position += block.length + 1;
  }
  return { part: { ids, documents: placed }, report: partReport(blocks.length, tokens, unknown) };
}

function rangeOf(documents: readonly ReadDocument[], block: Block): { start: number; length: number } {
  return { start: (documents[block.document]?.start ?? 0) + block.start, length: block.length };
}

function hashData(documents: readonly ReadDocument[], settings: Settings): string {
  const { minimumTokens: _, ...deciding } = settings;
  const hash = createHash('sha256').update(JSON.stringify(deciding, Object.keys(deciding).sort()));
  for (const { sha256 } of documents) hash.update('\n').update(sha256);
  return hash.digest('hex');
}
