import { CodedError } from '#errors';
import { prepareCorpus, type PreparedCorpus } from '../corpus/index.js';
import type { Hyperparameters } from '../model/presets.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { TrainingObserver } from './training-event.js';

/** Which texts a run reads. */
export interface TrainingCorpusInput {
  readonly paths: readonly string[];
  readonly validationPaths?: readonly string[] | undefined;
  readonly seed: number;
}

/**
 * Reads a run's corpus and tells what was found in it.
 * @throws corpus_unreadable, corpus_empty, corpus_not_text, corpus_too_small, cancelled
 */
export async function readTrainingCorpus(
  { paths, validationPaths, seed }: TrainingCorpusInput,
  hyperparameters: Hyperparameters,
  tokenizer: Tokenizer | undefined,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<PreparedCorpus> {
  const { tokenization, maxVocabSize, validationFraction, testFraction, batchSize, sequenceLength } = hyperparameters;
  observer({ type: 'phase', phase: 'reading', message: 'reading the corpus' });
  const corpus = await prepareCorpus({
    paths,
    validationPaths,
    tokenizer,
    tokenization,
    maxVocabularySize: maxVocabSize,
    seed,
    validationFraction,
    testFraction,
    minimumTokens: batchSize * sequenceLength + 2,
    signal,
  });
  const { report } = corpus;
  if (corpus.validation.ids.length < 2) {
    throw new CodedError(
      'corpus_too_small',
      validationPaths
        ? `The validation file has ${corpus.validation.ids.length} tokens that are not in the training file, too few to validate on. Give another one, or leave it out.`
        : `validation_fraction ${validationFraction} of ${report.train.tokens} tokens leaves no word to validate on. Add text or raise it.`,
      { param: validationPaths ? 'validation_file' : 'validation_fraction' },
    );
  }
  observer({
    type: 'log',
    message: `${report.documents} documents: ${report.train.tokens} tokens to train on, ${report.validation.tokens} to validate, ${report.test.tokens} to test; vocabulary ${report.vocabularySize}, coverage ${(100 * report.validation.coverage).toFixed(1)}% of the validation text`,
  });
  for (const { document, message } of report.findings)
    observer({ type: 'log', message: document ? `${document}: ${message}` : message });
  return corpus;
}
