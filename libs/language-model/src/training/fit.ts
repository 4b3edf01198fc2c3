import { GraphSession } from '#tensor-graph';
import { architectureOf, type Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import type { Hyperparameters } from '../model/presets.js';
import { TextEvaluator, gapPoints } from '../evaluation/text-evaluator.js';
import { ProgressMeter } from './progress-meter.js';
import { learningRateAt } from './schedule.js';
import { buildEvaluationGraph } from './training-graph.js';
import type { TrainingEvaluation, TrainingObserver } from './training-event.js';
import { TrainingStep } from './training-step.js';
import { WindowReader } from './window-reader.js';

/** What a model is fitted to, and how. */
export interface FitOptions {
  readonly hyperparameters: Hyperparameters;
  readonly vocabularySize: number;
  readonly seed: number;
  readonly threads: number;
  readonly train: Uint16Array;
  readonly validation: Uint16Array;
  /** Steps between evaluations; default: ten evaluations a run, or one an epoch where that is more. */
  readonly evaluationInterval?: number;
  /** Most tokens of each text that an evaluation reads; default a sixtieth of the run's, 2,000 to 50,000. */
  readonly evaluationTokens?: number;
  /** Writes a sample with the parameters as they stand. */
  readonly writeSample?: (parameters: Parameters) => Promise<string>;
}

/** The best parameters found, and how the run went. */
export interface FitResult {
  /** Those with the lowest validation loss. */
  readonly parameters: Parameters;
  readonly evaluations: readonly TrainingEvaluation[];
  readonly best: TrainingEvaluation;
  readonly trainedTokens: number;
  readonly steps: number;
  readonly stoppedEarly: boolean;
  /** Of training alone, evaluations left out. */
  readonly trainingSeconds: number;
}

/** Evaluations per run, unless an epoch is longer than that. */
const EVALUATIONS_PER_RUN = 10;
/** Tokens that an evaluation reads of each text: a share of the whole run's, so that measuring stays a tenth of the work. */
const EVALUATION_SHARE = 1 / 60;
const FEWEST_EVALUATION_TOKENS = 2_000;
const MOST_EVALUATION_TOKENS = 50_000;
/** Sequence length of evaluation windows. */
const EVALUATION_STEPS = 50;

/**
 * Trains a model: windows of text, AdamW under a warm-up and cosine schedule, evaluations, early stopping. The same
 * options give the same parameters, bit for bit, on the same machine with the same number of threads.
 * @throws corpus_too_small, training_diverged, or the signal's reason when it is aborted
 */
export async function fit(options: FitOptions, observer: TrainingObserver, signal: AbortSignal): Promise<FitResult> {
  const { hyperparameters, seed, threads } = options;
  const { batchSize, sequenceLength, dropoutRate } = hyperparameters;
  const architecture = architectureOf(hyperparameters, options.vocabularySize);
  const reader = new WindowReader(options.train, batchSize, sequenceLength, seed);
  const step = await TrainingStep.create({
    architecture,
    sequenceLength,
    batchSize,
    dropoutRate,
    seed,
    threads,
    text: options.train,
  });
  const evaluator = await createEvaluator(architecture, step.parameters, threads);
  try {
    return await run(options, reader, step, evaluator, observer, signal);
  } finally {
    await step.dispose();
    await evaluator.dispose();
  }
}

async function run(
  options: FitOptions,
  reader: WindowReader,
  trainingStep: TrainingStep,
  evaluator: TextEvaluator,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<FitResult> {
  const { hyperparameters: settings } = options;
  const totalSteps = countSteps(settings, reader.windowsPerEpoch);
  const perEpoch = reader.windowsPerEpoch;
  const evaluationInterval =
    options.evaluationInterval ?? Math.min(perEpoch, Math.ceil(totalSteps / EVALUATIONS_PER_RUN));
  const warmupSteps = Math.ceil(totalSteps * settings.warmupFraction);
  const best = new BestParameters(trainingStep.parameters);
  const evaluations: TrainingEvaluation[] = [];
  const tokensPerStep = settings.batchSize * settings.sequenceLength;
  const evaluationTokens = options.evaluationTokens ?? evaluationTokensOf(totalSteps * tokensPerStep);
  const meter = new ProgressMeter({ totalSteps, tokensPerStep, stepsPerEpoch: perEpoch, observer });
  let worse = 0;
  let step = 0;
  while (step < totalSteps && !(settings.earlyStoppingPatience > 0 && worse >= settings.earlyStoppingPatience)) {
    signal.throwIfAborted();
    const epoch = Math.floor(step / perEpoch);
    const index = step % perEpoch;
    if (index === 0) trainingStep.resetState();
    const { ids, targets } = reader.read(epoch, index);
    const learningRate = learningRateAt(step, totalSteps, settings.learningRate, settings.warmupFraction);
    const update = { learningRate, weightDecay: settings.weightDecay, clipNorm: settings.gradientClipNorm };
    const result = await trainingStep.run(ids, targets, update);
    step++;
    meter.add(step, result, learningRate);
    if (step % evaluationInterval === 0 || step === totalSteps) {
      const position = { step, epoch: epoch + 1, trainingSeconds: meter.trainingSeconds };
      const measure = () => evaluate(options, evaluator, trainingStep.parameters, evaluationTokens, signal);
      const evaluation = { type: 'evaluation', ...position, ...(await meter.pauseFor(measure)) } as const;
      evaluations.push(evaluation);
      observer(evaluation);
      const improved = best.offer(evaluation, trainingStep.parameters);
      // A loss that has not begun to fall during warm-up says nothing; neither does less than one pass over the text.
      worse = improved || step <= Math.max(warmupSteps, Math.min(perEpoch, totalSteps - 1)) ? 0 : worse + 1;
    }
  }
  return {
    ...best.result(),
    evaluations,
    trainedTokens: step * tokensPerStep,
    steps: step,
    stoppedEarly: step < totalSteps,
    trainingSeconds: meter.trainingSeconds,
  };
}

/** Steps of a run: all epochs, or as many as `max_train_tokens` allows, at least one. */
export function countSteps(settings: Hyperparameters, windowsPerEpoch: number): number {
  const all = settings.epochs * windowsPerEpoch;
  if (settings.maxTrainTokens === 0) return all;
  return Math.max(
    1,
    Math.min(all, Math.floor(settings.maxTrainTokens / (settings.batchSize * settings.sequenceLength))),
  );
}

function evaluationTokensOf(totalTokens: number): number {
  const share = Math.round(totalTokens * EVALUATION_SHARE);
  return Math.min(MOST_EVALUATION_TOKENS, Math.max(FEWEST_EVALUATION_TOKENS, share));
}

/** An evaluator over parameters that training goes on changing. */
export async function createEvaluator(
  architecture: Architecture,
  parameters: Parameters,
  threads: number,
): Promise<TextEvaluator> {
  const session = await GraphSession.create(buildEvaluationGraph(architecture, EVALUATION_STEPS), { threads });
  return new TextEvaluator(session, architecture, parameters);
}

/** The two texts that an evaluation compares: equally long, so that the gap is measured the same way on both sides. */
export function comparableTexts(
  train: Uint16Array,
  validation: Uint16Array,
  limit: number,
): [Uint16Array, Uint16Array] {
  const length = Math.min(train.length, validation.length, limit);
  return [train.subarray(0, length), validation.subarray(0, length)];
}

async function evaluate(
  options: FitOptions,
  evaluator: TextEvaluator,
  parameters: Parameters,
  limit: number,
  signal: AbortSignal,
): Promise<Pick<TrainingEvaluation, 'train' | 'validation' | 'gapPoints' | 'sample'>> {
  const [trainText, validationText] = comparableTexts(options.train, options.validation, limit);
  const train = await evaluator.evaluate(trainText, signal);
  const validation = await evaluator.evaluate(validationText, signal);
  const sample = options.writeSample ? await options.writeSample(parameters) : '';
  return { train, validation, gapPoints: gapPoints(train, validation), sample };
}

/** Keeps a copy of the parameters with the lowest validation loss. */
class BestParameters {
  private readonly copy: Parameters;
  private evaluation: TrainingEvaluation | undefined;

  constructor(parameters: Parameters) {
    this.copy = new Parameters(parameters.architecture);
  }

  /** True when they are the best so far. */
  offer(evaluation: TrainingEvaluation, parameters: Parameters): boolean {
    const improved = !this.evaluation || evaluation.validation.lossNats < this.evaluation.validation.lossNats;
    if (improved) {
      this.evaluation = evaluation;
      for (const { name } of parameters.specs) this.copy.view(name).set(parameters.view(name));
    }
    return improved;
  }

  result(): { parameters: Parameters; best: TrainingEvaluation } {
    return { parameters: this.copy, best: this.evaluation! };
  }
}
