import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { DOCUMENT_ID, type TokenRange, VocabularyBuilder } from '../tokenizer/index.js';
import { partReport, type PartReport } from './corpus-report.js';
import { throwIfCancelled } from './document-reader.js';
import type { CorpusPart, PreparedCorpus } from './prepare-corpus.js';
import { readText } from './read-text.js';

export interface PreparePretokenizedCorpusOptions {
  /** Folder with train.txt, valid.txt and test.txt: tokens between white space, `<unk>` for unknown words, line ends are tokens. */
  folder: string;
  /** Largest number of token ids, special tokens included; default 10,000. */
  maxVocabularySize?: number;
  signal?: AbortSignal;
}

/**
 * Reads a public benchmark (WikiText-2, Penn Treebank) as it was tokenised and split by its authors. Vocabulary from train.txt; each file is
 * one document, so `<doc>` stands before it and every token of the file is predicted.
 * @throws corpus_unreadable, corpus_too_small, invalid_value, cancelled
 */
export async function preparePretokenizedCorpus(options: PreparePretokenizedCorpusOptions): Promise<PreparedCorpus> {
  const { folder, maxVocabularySize = 10_000 } = options;
  const builder = new VocabularyBuilder('pretokenized');
  const hash = createHash('sha256').update(JSON.stringify({ tokenization: 'pretokenized', maxVocabularySize }));
  const read = async (name: string): Promise<TokenRange & { name: string; sizeBytes: number }> => {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found === null)
      throw new CodedError(
        'corpus_unreadable',
        `There is no file ${path}. A tokenised corpus is a folder with train.txt, valid.txt and test.txt.`,
      );
    const start = builder.length;
    for await (const piece of readText(path, 'utf-8')) {
      throwIfCancelled(options.signal);
      hash.update(piece);
      builder.push(piece);
    }
    builder.endDocument();
    hash.update('\0');
    if (builder.length === start)
      throw new CodedError('corpus_too_small', `${path} holds no tokens. Put one sentence on each line.`);
    return { name, start, length: builder.length - start, sizeBytes: found.size };
  };
  const files = [await read('train.txt'), await read('valid.txt'), await read('test.txt')] as const;
  const vocabulary = builder.build([files[0]], { maxVocabularySize });
  const encode = (file: (typeof files)[number]): { part: CorpusPart; report: PartReport } => {
    const ids = new Uint16Array(file.length + 1);
    ids[0] = DOCUMENT_ID;
    const unknown = vocabulary.encodeRange(file, ids, 1);
    return {
      part: { ids, documents: [{ name: file.name, start: 0, length: ids.length }] },
      report: partReport(1, file.length, unknown),
    };
  };
  const [train, validation, test] = [encode(files[0]), encode(files[1]), encode(files[2])];
  return {
    tokenizer: vocabulary.tokenizer,
    train: train.part,
    validation: validation.part,
    test: test.part,
    dataSha256: hash.digest('hex'),
    report: {
      files: files.length,
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      documents: files.length,
      train: train.report,
      validation: validation.report,
      test: test.report,
      vocabularySize: vocabulary.tokenizer.vocabularySize,
      distinctTokens: vocabulary.distinctTokens,
      findings: [],
    },
  };
}
