import { createHash } from 'node:crypto';
import { CodedError } from '#errors';
import {
  type BuiltVocabulary,
  DOCUMENT_ID,
  RESERVED_TOKENS,
  type Tokenizer,
  type TokenizerMode,
  VocabularyBuilder,
} from '../tokenizer/index.js';
import { addCorpusFindings } from './corpus-findings.js';
import type { CorpusFinding, CorpusReport, PartReport } from './corpus-report.js';
import { partReport } from './corpus-report.js';
import type { ReadDocument } from './document-reader.js';
import { throwIfCancelled } from './document-reader.js';
import { findDocuments } from './find-documents.js';
import { addTwinFindings, groupNearDuplicates, type GroupedDocuments } from './near-duplicates.js';
import { checkDocuments, readDocuments, type CorpusProgress } from './read-documents.js';
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

export interface PrepareCorpusOptions {
  /** Folders (searched for .txt and .md files) and files. */
  paths: readonly string[];
  /** Folders and files of the validation part; then nothing of `paths` is held out for it. Default: it is held out. */
  validationPaths?: readonly string[] | undefined;
  /** Default `text`, or what `tokenizer` has. */
  tokenization?: 'text' | 'words';
  /** Encodes with this tokenizer, that of a model which goes on learning; no vocabulary is built then. Default: one is built. */
  tokenizer?: Tokenizer | undefined;
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
  /** Fewest words and marks of a vocabulary worth learning; default 5. */
  minimumVocabulary?: number;
  onProgress?: ((progress: CorpusProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** What decides which ids come of the documents. */
type Settings = Required<
  Pick<
    PrepareCorpusOptions,
    | 'maxVocabularySize'
    | 'minimumCount'
    | 'seed'
    | 'validationFraction'
    | 'testFraction'
    | 'minimumTokens'
    | 'minimumVocabulary'
  >
> &
  Pick<PrepareCorpusOptions, 'maxTokens'> & { tokenization: TokenizerMode };

/**
 * Reads text files once into token ids: checks and cleans the documents, drops duplicates, keeps near duplicates together, splits by whole
 * document with a seed, and builds the vocabulary from the training part. Needs 6 bytes of memory a token; the same files and options give the same ids.
 * @throws corpus_unreadable, corpus_empty, corpus_not_text, corpus_too_small, vocabulary_too_small, invalid_value, cancelled
 */
export async function prepareCorpus(options: PrepareCorpusOptions): Promise<PreparedCorpus> {
  const settings = settingsOf(options);
  const files = {
    documents: await findDocuments(options.paths),
    validation: options.validationPaths === undefined ? [] : await findDocuments(options.validationPaths),
  };
  const builder = new VocabularyBuilder(settings.tokenization, { keep: options.tokenizer });
  const findings: CorpusFinding[] = [];
  const read = await readDocuments(files, builder, findings, options);
  throwIfCancelled(options.signal);
  const grouped = groupNearDuplicates(read, builder, findings);
  checkDocuments(files, grouped, findings, settings.minimumTokens);
  const documents = [...grouped.documents, ...grouped.validation];
  const split = splitDocuments(grouped.documents, settings);
  addTwinFindings(grouped, split, findings);
  for (let index = grouped.documents.length; index < documents.length; index++)
    split.validation.push({ document: index, start: 0, length: documents[index]?.length ?? 0 });
  const ranges = split.train.map((block) => rangeOf(documents, block));
  const vocabulary =
    options.tokenizer === undefined ? builder.build(ranges, settings) : builder.encodeWith(options.tokenizer, ranges);
  checkVocabulary(vocabulary, settings);
  const train = encodePart(documents, split.train, vocabulary);
  const validation = encodePart(documents, split.validation, vocabulary);
  const test = encodePart(documents, split.test, vocabulary);
  const allFiles = [...files.documents, ...files.validation];
  const report: CorpusReport = {
    files: allFiles.length,
    sizeBytes: allFiles.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
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
    dataSha256: hashData(grouped, settings, options.tokenizer),
  };
}

function checkVocabulary(
  { tokenizer, distinctTokens }: BuiltVocabulary,
  { minimumVocabulary, minimumCount, maxVocabularySize }: Settings,
): void {
  const words = tokenizer.vocabularySize - RESERVED_TOKENS[tokenizer.mode].length;
  if (words >= minimumVocabulary) return;
  throw new CodedError(
    'vocabulary_too_small',
    `The vocabulary has ${words} words and marks, but at least ${minimumVocabulary} are needed: of ${distinctTokens} different ones in the training text, those that come at least ${minimumCount} times count, ${maxVocabularySize} at most. Add text with more words, or raise max_vocab_size.`,
    { param: 'training_file' },
  );
}

function settingsOf(options: PrepareCorpusOptions): Settings {
  const { tokenizer, tokenization = tokenizer?.mode ?? 'text', validationPaths, validationFraction = 0.05 } = options;
  if (tokenizer !== undefined && tokenization !== tokenizer.mode) {
    throw new CodedError(
      'invalid_value',
      `tokenization is ${tokenization}, but the model to continue from has ${tokenizer.mode}. Leave tokenization out.`,
      { param: 'tokenization' },
    );
  }
  return {
    tokenization,
    maxVocabularySize: options.maxVocabularySize ?? 10_000,
    minimumCount: options.minimumCount ?? 2,
    seed: options.seed,
    validationFraction: validationPaths === undefined ? validationFraction : 0,
    testFraction: options.testFraction ?? 0.05,
    maxTokens: options.maxTokens,
    minimumTokens: options.minimumTokens ?? 1_000,
    minimumVocabulary: options.minimumVocabulary ?? 5,
  };
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

function hashData(
  { documents, validation }: GroupedDocuments,
  settings: Settings,
  tokenizer: Tokenizer | undefined,
): string {
  const { minimumTokens: _, minimumVocabulary: __, ...deciding } = settings;
  const hash = createHash('sha256').update(JSON.stringify(deciding, Object.keys(deciding).sort()));
  for (const { sha256 } of documents) hash.update('\n').update(sha256);
  if (validation.length > 0) hash.update('\nvalidation');
  for (const { sha256 } of validation) hash.update('\n').update(sha256);
  if (tokenizer !== undefined) hash.update('\ntokenizer').update(JSON.stringify(tokenizer));
  return hash.digest('hex');
}
