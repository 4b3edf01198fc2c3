import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { exportBundle } from '../bundle/export-bundle.js';
import type { BundleConfig } from '../bundle/read-bundle.js';
import { compareEvaluations, evaluateBundle } from '../bundle/verify-bundle.js';
import { prepareCorpus, type CorpusReport, type PreparedCorpus } from '../corpus/index.js';
import { gapPoints, type Evaluation } from '../evaluation/text-evaluator.js';
import { architectureOf, countParameters } from '../model/architecture.js';
import { resolveHyperparameters, type Hyperparameters } from '../model/presets.js';
import { comparableTexts, createEvaluator, fit, type FitResult } from './fit.js';
import { writeModelCard } from './model-card.js';
import { SampleWriter } from './sample-writer.js';
import type { TrainingObserver } from './training-event.js';

/** A training run: text files in, artifact bundle out. */
export interface TrainModelInput {
  /** Folders and files with .txt and .md documents. */
  readonly paths: readonly string[];
  readonly preset: string;
  /** By the API's names; see `resolveHyperparameters`. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  /** Decides split, starting values, dropout and order. */
  readonly seed: number;
  /** Where the bundle is made; its folder `bundle` must not exist. */
  readonly workFolder: string;
  /** 0 = one per core. */
  readonly threads: number;
}

/** What a run measured, all without dropout. */
export interface RunMetrics {
  /** On training text as long as the validation text. */
  readonly train: Evaluation;
  readonly validation: Evaluation;
  /** null when nothing was held out for it. */
  readonly test: Evaluation | null;
  readonly gapPoints: number;
  readonly tokensPerSecond: number;
  /** Of training alone. */
  readonly trainingSeconds: number;
  readonly stoppedEarly: boolean;
  readonly sample: string;
}

/** What a run produced. */
export interface TrainModelResult {
  readonly bundleFolder: string;
  readonly preset: string;
  readonly parameters: number;
  readonly trainedTokens: number;
  readonly dataSha256: string;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly metrics: RunMetrics;
  readonly corpusReport: CorpusReport;
}

/** Most tokens on which the finished model is measured, for each text; less after a short run. */
const MOST_FINAL_TOKENS = 250_000;
const FEWEST_FINAL_TOKENS = 10_000;
const FINAL_SHARE = 1 / 10;

function finalTokensOf(trainedTokens: number): number {
  return Math.min(MOST_FINAL_TOKENS, Math.max(FEWEST_FINAL_TOKENS, Math.round(trainedTokens * FINAL_SHARE)));
}

/**
 * Reads a corpus, trains a model, exports it, and measures the exported bundle by the runtime that will serve it; the result
 * stands only when that agrees with the trainer's own numbers.
 * @throws unknown_parameter, invalid_value, corpus_empty, corpus_not_text, corpus_too_small, training_diverged, version_mismatch,
 *   disk_full, cancelled
 */
export async function trainModel(
  input: TrainModelInput,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<TrainModelResult> {
  try {
    return await run(input, observer, signal);
  } catch (error) {
    if (signal.aborted) throw new CodedError('cancelled', 'The run was cancelled.', { cause: error });
    throw error;
  }
}

async function run(input: TrainModelInput, observer: TrainingObserver, signal: AbortSignal): Promise<TrainModelResult> {
  const hyperparameters = resolveHyperparameters(input.preset, input.hyperparameters);
  const { seed, threads } = input;
  const corpus = await read(input, hyperparameters, observer, signal);
  const { tokenizer, report } = corpus;
  const architecture = architectureOf(hyperparameters, tokenizer.vocabularySize);
  const parameters = countParameters(architecture);
  observer({
    type: 'phase',
    phase: 'training',
    message: `${input.preset}, ${parameters.toLocaleString('en')} parameters, on ${report.train.tokens.toLocaleString('en')} tokens (${(report.train.tokens / parameters).toFixed(2)} per parameter)`,
  });
  const samples = await SampleWriter.create(tokenizer, architecture, threads);
  try {
    const result = await fit(
      {
        hyperparameters,
        vocabularySize: tokenizer.vocabularySize,
        seed,
        threads,
        train: corpus.train.ids,
        validation: corpus.validation.ids,
        writeSample: (current) => samples.write(current),
      },
      observer,
      signal,
    );
    const measured = await measure(corpus, result, threads, observer, signal);
    observer({ type: 'phase', phase: 'exporting', message: 'writing the artifact bundle' });
    const bundleFolder = join(input.workFolder, 'bundle');
    await mkdir(input.workFolder, { recursive: true });
    const { dataSha256 } = corpus;
    const gap = gapPoints(measured.train, measured.validation);
    const facts = {
      preset: input.preset,
      parameters,
      hyperparameters,
      seed,
      dataSha256,
      corpus: report,
      sample: result.best.sample,
      gapPoints: gap,
    };
    const config: BundleConfig = {
      format: 'understudy-model',
      version: 1,
      ...architecture,
      preset: input.preset,
      parameters,
      hyperparameters,
      seed,
      dataSha256,
      evaluation: { validation: measured.validation },
    };
    const card = writeModelCard({ ...facts, ...measured, trainedTokens: result.trainedTokens });
    await exportBundle(bundleFolder, { config, tokenizer, parameters: result.parameters, card });
    observer({ type: 'phase', phase: 'verifying', message: 'measuring the exported model with the serving runtime' });
    const [, validationText] = comparableTexts(
      corpus.train.ids,
      corpus.validation.ids,
      finalTokensOf(result.trainedTokens),
    );
    compareEvaluations(measured.validation, await evaluateBundle(bundleFolder, validationText, threads, signal));
    const metrics: RunMetrics = {
      ...measured,
      gapPoints: gap,
      tokensPerSecond: result.trainedTokens / result.trainingSeconds,
      trainingSeconds: result.trainingSeconds,
      stoppedEarly: result.stoppedEarly,
      sample: result.best.sample,
    };
    return {
      bundleFolder,
      preset: input.preset,
      parameters,
      trainedTokens: result.trainedTokens,
      dataSha256,
      hyperparameters,
      seed,
      metrics,
      corpusReport: report,
    };
  } finally {
    await samples.dispose();
  }
}

async function read(
  { paths, seed }: TrainModelInput,
  { tokenization, maxVocabSize, validationFraction, testFraction, batchSize, sequenceLength }: Hyperparameters,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<PreparedCorpus> {
  observer({ type: 'phase', phase: 'reading', message: 'reading the corpus' });
  const corpus = await prepareCorpus({
    paths,
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
      `validation_fraction ${validationFraction} of ${report.train.tokens} tokens leaves no word to validate on. Add text or raise it.`,
      { param: 'validation_fraction' },
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

/** Measures the best parameters on all three texts with the trainer's own graph. */
async function measure(
  { train, validation, test }: PreparedCorpus,
  { parameters, trainedTokens }: FitResult,
  threads: number,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<Pick<RunMetrics, 'train' | 'validation' | 'test'>> {
  observer({ type: 'phase', phase: 'evaluating', message: 'measuring the best parameters' });
  const evaluator = await createEvaluator(parameters.architecture, parameters, threads);
  try {
    const limit = finalTokensOf(trainedTokens);
    const [trainText, validationText] = comparableTexts(train.ids, validation.ids, limit);
    return {
      train: await evaluator.evaluate(trainText, signal),
      validation: await evaluator.evaluate(validationText, signal),
      test: test.ids.length < 2 ? null : await evaluator.evaluate(test.ids.subarray(0, limit), signal),
    };
  } finally {
    await evaluator.dispose();
  }
}
