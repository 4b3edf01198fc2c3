import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, isCodedError } from '#errors';
import type { PrecisionCheck } from '../bundle/compare-precisions.js';
import { exportBundle } from '../bundle/export-bundle.js';
import { DEFAULT_TOLERANCE, type PrecisionTolerance } from '../bundle/quantization.js';
import type { BundleConfig } from '../bundle/read-bundle.js';
import { compareEvaluations, evaluateBundle } from '../bundle/verify-bundle.js';
import type { CorpusReport, PreparedCorpus } from '../corpus/index.js';
import { gapPoints, type Evaluation } from '../evaluation/text-evaluator.js';
import { architectureOf, countParameters, type Architecture } from '../model/architecture.js';
import type { Parameters } from '../model/parameters.js';
import { resolveHyperparameters, type Hyperparameters } from '../model/presets.js';
import { continuedHyperparameters, readBaseModel, type BaseModel } from './base-model.js';
import {
  anyOf,
  comparableTexts,
  createEvaluator,
  evaluationSteps,
  fit,
  type FitResult,
  type RunSignals,
  type Stopped,
} from './fit.js';
import { writeModelCard } from './model-card.js';
import { SampleWriter } from './sample-writer.js';
import { readTrainingCorpus } from './training-corpus.js';
import { OnnxRuntimeEngine, type TrainingEngine } from './training-engine.js';
import type { TrainingEvaluation, TrainingObserver } from './training-event.js';
import { TrainingStateStore } from './training-state.js';

/** A training run: text files in, artifact bundle out. */
export interface TrainModelInput {
  /** Folders and files with .txt and .md documents. */
  readonly paths: readonly string[];
  /** Documents to validate on; without them a part of `paths` is held out for it. */
  readonly validationPaths?: readonly string[] | undefined;
  readonly preset: string;
  /** By the API's names; see `resolveHyperparameters`. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  /** Decides split, starting values, dropout and order. */
  readonly seed: number;
  /** Where bundles are made; its folder `bundle` must not exist. */
  readonly workFolder: string;
  /** Of the serving runtime, which measures the exported bundle; 0 = one per core. */
  readonly threads: number;
  /** What trains; default: ONNX Runtime on the CPU with these threads. */
  readonly engine?: TrainingEngine | undefined;
  /** A bundle to continue from: its sizes, tokenizer and weights. */
  readonly baseBundleFolder?: string | undefined;
  /** Where the training state is saved to and found; without it a stopped run starts again from its beginning. */
  readonly stateFolder?: string | undefined;
  /** Time between two saves; default 60, 0 saves after every step. */
  readonly saveIntervalSeconds?: number | undefined;
  /** How much worse than float32 int8 may be to be served by default. */
  readonly precisionTolerance?: PrecisionTolerance | undefined;
  /** Whether each evaluation makes a bundle; it comes with a `checkpoint` event, and has no int8 variant. */
  readonly exportCheckpoints?: boolean | undefined;
}

/** How a run ended that did not fail. */
export type TrainModelOutcome = { readonly kind: 'finished'; readonly result: TrainModelResult } | Stopped;

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
  /** What trained it, and where. */
  readonly engine: string;
  readonly device: string;
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

const SAVE_INTERVAL_SECONDS = 60;

/**
 * Reads a corpus, trains a model, exports it, and measures the exported bundle by the runtime that will serve it; the result
 * stands only when that agrees with the trainer's own numbers.
 * @throws unknown_parameter, invalid_value, corpus_empty, corpus_not_text, corpus_too_small, training_diverged, version_mismatch,
 *   bundle_missing, bundle_corrupt, disk_full, cancelled
 */
export async function trainModel(
  input: TrainModelInput,
  observer: TrainingObserver,
  signals: RunSignals,
): Promise<TrainModelOutcome> {
  const interrupted = anyOf(signals);
  let savedStep = 0;
  const observed: TrainingObserver = (event) => {
    if (event.type === 'state_saved' || event.type === 'resumed') savedStep = event.step;
    observer(event);
  };
  try {
    return await new ModelTraining(input, observed, signals, interrupted).run();
  } catch (error) {
    if (signals.cancel?.aborted) throw new CodedError('cancelled', 'The run was cancelled.', { cause: error });
    const wasInterrupted = interrupted.aborted && (error === interrupted.reason || isCodedError(error, 'cancelled'));
    if (wasInterrupted) return { kind: 'stopped', step: savedStep };
    throw error;
  }
}

/** What every bundle of a run says about itself. */
interface RunFacts {
  readonly preset: string;
  readonly architecture: Architecture;
  readonly parameters: number;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly corpus: PreparedCorpus;
}

type Measured = Pick<RunMetrics, 'train' | 'validation' | 'test'>;

/** One run of `trainModel`. */
class ModelTraining {
  private readonly engine: TrainingEngine;

  constructor(
    private readonly input: TrainModelInput,
    private readonly observer: TrainingObserver,
    private readonly signals: RunSignals,
    private readonly interrupted: AbortSignal,
  ) {
    this.engine = input.engine ?? new OnnxRuntimeEngine(input.threads);
  }

  async run(): Promise<TrainModelOutcome> {
    const { preset, seed, baseBundleFolder } = this.input;
    const base = baseBundleFolder === undefined ? null : await readBaseModel(baseBundleFolder);
    const hyperparameters = base
      ? continuedHyperparameters(preset, this.input.hyperparameters, base)
      : resolveHyperparameters(preset, this.input.hyperparameters);
    const corpus = await readTrainingCorpus(
      this.input,
      hyperparameters,
      base?.tokenizer,
      this.observer,
      this.interrupted,
    );
    const architecture = architectureOf(hyperparameters, corpus.tokenizer.vocabularySize);
    const parameters = countParameters(architecture);
    const facts: RunFacts = { preset, architecture, parameters, hyperparameters, seed, corpus };
    this.announceTraining(facts);
    const fitted = await this.fit(facts, base);
    if (fitted.kind === 'stopped') return fitted;
    return { kind: 'finished', result: await this.finish(facts, fitted) };
  }

  private announceTraining({ preset, parameters, corpus: { report } }: RunFacts): void {
    const { name, device } = this.engine;
    this.observer({
      type: 'phase',
      phase: 'training',
      message: `${preset}, ${parameters.toLocaleString('en')} parameters, on ${report.train.tokens.toLocaleString('en')} tokens (${(report.train.tokens / parameters).toFixed(2)} per parameter), by ${name} on ${device}`,
    });
  }

  private async fit(facts: RunFacts, base: BaseModel | null): Promise<FitResult | Stopped> {
    const { input, engine, observer, signals } = this;
    const { corpus, architecture, hyperparameters, seed } = facts;
    const { tokenizer, train, validation, dataSha256 } = corpus;
    const samples = await SampleWriter.create(tokenizer, architecture, input.threads);
    const identity = JSON.stringify({ dataSha256, hyperparameters, seed, base: base?.sha256 ?? null });
    try {
      return await fit(
        {
          hyperparameters,
          vocabularySize: tokenizer.vocabularySize,
          seed,
          engine,
          train: train.ids,
          validation: validation.ids,
          initial: base?.parameters,
          writeSample: (current) => samples.write(current),
          ...(input.exportCheckpoints && {
            takeCheckpoint: (evaluation, current) => this.exportCheckpoint(facts, evaluation, current),
          }),
          ...(input.stateFolder !== undefined && {
            state: {
              store: new TrainingStateStore(input.stateFolder),
              identity,
              saveIntervalSeconds: input.saveIntervalSeconds ?? SAVE_INTERVAL_SECONDS,
            },
          }),
        },
        observer,
        signals,
      );
    } finally {
      await samples.dispose();
    }
  }

  private async exportCheckpoint(
    facts: RunFacts,
    evaluation: TrainingEvaluation,
    parameters: Parameters,
  ): Promise<void> {
    const { step, epoch, train, validation, sample } = evaluation;
    const { batchSize, sequenceLength } = facts.hyperparameters;
    const trainedTokens = step * batchSize * sequenceLength;
    const bundleFolder = join(this.input.workFolder, 'checkpoints', `step-${step}`);
    await rm(bundleFolder, { recursive: true, force: true });
    await this.export(bundleFolder, facts, { train, validation, test: null }, { parameters, trainedTokens, sample });
    this.observer({ type: 'checkpoint', step, epoch, trainedTokens, bundleFolder, evaluation });
  }

  private async export(
    folder: string,
    { corpus, architecture, ...facts }: RunFacts,
    measured: Measured,
    { parameters, trainedTokens, sample }: { parameters: Parameters; trainedTokens: number; sample: string },
    check?: PrecisionCheck,
  ): Promise<void> {
    const { dataSha256, tokenizer, report } = corpus;
    const { name: engine, device } = this.engine;
    const config: BundleConfig = {
      format: 'understudy-model',
      version: 1,
      ...architecture,
      ...facts,
      dataSha256,
      evaluation: { validation: measured.validation },
    };
    const gap = gapPoints(measured.train, measured.validation);
    const card = writeModelCard({
      ...facts,
      ...measured,
      engine,
      device,
      dataSha256,
      corpus: report,
      trainedTokens,
      gapPoints: gap,
      sample,
    });
    await exportBundle(folder, { config, tokenizer, parameters, card }, check);
  }

  private async finish(facts: RunFacts, fitted: FitResult): Promise<TrainModelResult> {
    const { input, observer } = this;
    const { corpus, preset, parameters, hyperparameters, seed } = facts;
    const { trainedTokens, trainingSeconds, stoppedEarly, best } = fitted;
    const measured = await this.measure(facts, fitted);
    observer({ type: 'phase', phase: 'exporting', message: 'writing the artifact bundle, in float32 and int8' });
    const bundleFolder = join(input.workFolder, 'bundle');
    const { sample } = best;
    const [, text] = comparableTexts(corpus.train.ids, corpus.validation.ids, finalTokensOf(trainedTokens));
    const check: PrecisionCheck = {
      text,
      tolerance: input.precisionTolerance ?? DEFAULT_TOLERANCE,
      threads: input.threads,
      signal: this.interrupted,
    };
    await this.export(bundleFolder, facts, measured, { parameters: fitted.parameters, trainedTokens, sample }, check);
    observer({ type: 'phase', phase: 'verifying', message: 'measuring the exported model with the serving runtime' });
    compareEvaluations(measured.validation, await evaluateBundle(bundleFolder, text, input.threads, this.interrupted));
    const { dataSha256, report: corpusReport } = corpus;
    const metrics: RunMetrics = {
      ...measured,
      gapPoints: gapPoints(measured.train, measured.validation),
      tokensPerSecond: trainedTokens / trainingSeconds,
      trainingSeconds,
      stoppedEarly,
      sample,
    };
    const { name: engine, device } = this.engine;
    const made = { bundleFolder, preset, parameters, trainedTokens, dataSha256, hyperparameters, seed };
    return { ...made, engine, device, metrics, corpusReport };
  }

  /** Measures the best parameters on all three texts with the trainer's own graph. */
  private async measure(
    { hyperparameters, corpus: { train, validation, test } }: RunFacts,
    { parameters, trainedTokens }: FitResult,
  ): Promise<Measured> {
    const { engine, observer, interrupted } = this;
    observer({ type: 'phase', phase: 'evaluating', message: 'measuring the best parameters' });
    const evaluator = await createEvaluator(
      parameters.architecture,
      parameters,
      engine,
      evaluationSteps(hyperparameters),
    );
    try {
      const limit = finalTokensOf(trainedTokens);
      const [trainText, validationText] = comparableTexts(train.ids, validation.ids, limit);
      return {
        train: await evaluator.evaluate(trainText, interrupted),
        validation: await evaluator.evaluate(validationText, interrupted),
        test: test.ids.length < 2 ? null : await evaluator.evaluate(test.ids.subarray(0, limit), interrupted),
      };
    } finally {
      await evaluator.dispose();
    }
  }
}
