import { architectureOf, type Architecture } from '../model/architecture.js';
import type { Parameters } from '../model/parameters.js';
import type { Hyperparameters } from '../model/presets.js';
import { EVALUATION_STEPS, TextEvaluator, gapPoints } from '../evaluation/text-evaluator.js';
import { BestParameters } from './best-parameters.js';
import { DivergenceWatch } from './divergence-watch.js';
import { ProgressMeter } from './progress-meter.js';
import { learningRateAt } from './schedule.js';
import type { TrainingEngine } from './training-engine.js';
import type { TrainingEvaluation, TrainingObserver } from './training-event.js';
import type { TrainingStateRecord, TrainingStateStore } from './training-state.js';
import { TrainingStep } from './training-step.js';
import { WindowReader } from './window-reader.js';

/** What a model is fitted to, and how. */
export interface FitOptions {
  readonly hyperparameters: Hyperparameters;
  readonly vocabularySize: number;
  readonly seed: number;
  readonly engine: TrainingEngine;
  readonly train: Uint16Array;
  readonly validation: Uint16Array;
  /** What training begins with instead of values drawn from the seed. */
  readonly initial?: Parameters | undefined;
  /** Steps between evaluations; default: ten evaluations a run, or one an epoch where that is more. */
  readonly evaluationInterval?: number;
  /** Most tokens of each text that an evaluation reads; default a sixtieth of the run's, 2,000 to 50,000. */
  readonly evaluationTokens?: number;
  /** Writes a sample with the parameters as they stand. */
  readonly writeSample?: (parameters: Parameters) => Promise<string>;
  /** Called after each evaluation with the parameters that it measured. */
  readonly takeCheckpoint?: (evaluation: TrainingEvaluation, parameters: Parameters) => Promise<void>;
  /** Where the run can be stopped and gone on with; without it a stop loses the run. */
  readonly state?: FitStateOptions | undefined;
}

/** How a run's state is kept. */
export interface FitStateOptions {
  readonly store: TrainingStateStore<FitState>;
  /** What the state must belong to. */
  readonly identity: string;
  /** Time between two saves; 0 saves after every step. */
  readonly saveIntervalSeconds: number;
}

/** The part of a run's state that is not tensors. */
export interface FitState extends TrainingStateRecord {
  /** Evaluations in a row without a better validation loss. */
  readonly worse: number;
  readonly evaluations: readonly TrainingEvaluation[];
  readonly best: TrainingEvaluation | null;
  readonly trainingSeconds: number;
}

/** How a run is told to end early. */
export interface RunSignals {
  /** End at once and keep nothing. */
  readonly cancel?: AbortSignal | undefined;
  /** Save the state, then end. */
  readonly stop?: AbortSignal | undefined;
}

/** The best parameters found, and how the run went. */
export interface FitResult {
  readonly kind: 'finished';
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

/** The run was told to stop and has saved its state. */
export interface Stopped {
  readonly kind: 'stopped';
  /** Steps made. */
  readonly step: number;
}

/** Evaluations per run, unless an epoch is longer than that. */
const EVALUATIONS_PER_RUN = 10;
/** Tokens that an evaluation reads of each text: a share of the whole run's, so that measuring stays a tenth of the work. */
const EVALUATION_SHARE = 1 / 60;
const FEWEST_EVALUATION_TOKENS = 2_000;
const MOST_EVALUATION_TOKENS = 50_000;
/** Every how many steps the size of the update is measured: it costs a tenth of a step. */
const UPDATE_RATIO_INTERVAL = 20;

/**
 * Trains a model: windows of text, AdamW under a warm-up and cosine schedule, evaluations, early stopping. The same
 * options give the same parameters, bit for bit, on the same machine with the same engine and number of threads, however often
 * the run was stopped and gone on with.
 * @throws corpus_too_small, training_diverged, disk_full, or the signal's reason when it is cancelled
 */
export async function fit(
  options: FitOptions,
  observer: TrainingObserver,
  signals: RunSignals,
): Promise<FitResult | Stopped> {
  const { hyperparameters, seed, engine, initial } = options;
  const { batchSize, sequenceLength, dropoutRate } = hyperparameters;
  const architecture = architectureOf(hyperparameters, options.vocabularySize);
  const reader = new WindowReader(options.train, batchSize, sequenceLength, seed);
  const sizes = { architecture, sequenceLength, batchSize, dropoutRate };
  const step = await TrainingStep.create({ ...sizes, seed, engine, text: options.train, initial });
  const evaluator = await createEvaluator(architecture, step.parameters, engine, evaluationSteps(hyperparameters));
  try {
    return await new Fitting(options, reader, step, evaluator, observer, signals).run();
  } finally {
    await step.dispose();
    await evaluator.dispose();
  }
}

/** One run of `fit`: the loop and what it carries from step to step. */
class Fitting {
  private readonly totalSteps: number;
  private readonly warmupSteps: number;
  private readonly stepsPerEpoch: number;
  private readonly tokensPerStep: number;
  private readonly evaluationInterval: number;
  private readonly best: BestParameters;
  private readonly meter: ProgressMeter;
  private readonly interrupted: AbortSignal;
  private readonly watch: DivergenceWatch;
  private evaluations: TrainingEvaluation[] = [];
  private step = 0;
  private worse = 0;
  private savedAtMs = performance.now();

  constructor(
    private readonly options: FitOptions,
    private readonly reader: WindowReader,
    private readonly trainingStep: TrainingStep,
    private readonly evaluator: TextEvaluator,
    private readonly observer: TrainingObserver,
    private readonly signals: RunSignals,
  ) {
    const { hyperparameters: settings } = options;
    this.stepsPerEpoch = reader.windowsPerEpoch;
    this.totalSteps = countSteps(settings, this.stepsPerEpoch);
    this.tokensPerStep = settings.batchSize * settings.sequenceLength;
    this.evaluationInterval =
      options.evaluationInterval ?? Math.min(this.stepsPerEpoch, Math.ceil(this.totalSteps / EVALUATIONS_PER_RUN));
    this.best = new BestParameters(trainingStep.parameters);
    this.interrupted = anyOf(signals);
    const { totalSteps, tokensPerStep, stepsPerEpoch } = this;
    this.meter = new ProgressMeter({ totalSteps, tokensPerStep, stepsPerEpoch, observer });
    this.warmupSteps = Math.ceil(totalSteps * settings.warmupFraction);
    const { warmupSteps } = this;
    this.watch = new DivergenceWatch({ vocabularySize: options.vocabularySize, warmupSteps });
  }

  async run(): Promise<FitResult | Stopped> {
    const { signals } = this;
    await this.resume();
    for (;;) {
      signals.cancel?.throwIfAborted();
      if (!(await this.evaluateIfDue())) return this.stop();
      if (this.isDone()) break;
      if (signals.stop?.aborted) return this.stop();
      await this.saveIfDue();
      await this.makeStep();
    }
    await this.save();
    const { step, evaluations, meter } = this;
    return {
      kind: 'finished',
      ...this.best.result(),
      evaluations,
      trainedTokens: step * this.tokensPerStep,
      steps: step,
      stoppedEarly: step < this.totalSteps,
      trainingSeconds: meter.trainingSeconds,
    };
  }

  private isDone(): boolean {
    const { earlyStoppingPatience } = this.options.hyperparameters;
    return this.step >= this.totalSteps || (earlyStoppingPatience > 0 && this.worse >= earlyStoppingPatience);
  }

  private async makeStep(): Promise<void> {
    const { meter, trainingStep, stepsPerEpoch, totalSteps } = this;
    const { learningRate: peak, warmupFraction, weightDecay, gradientClipNorm } = this.options.hyperparameters;
    const index = this.step % stepsPerEpoch;
    if (index === 0) trainingStep.resetState();
    const startMs = performance.now();
    const { ids, targets } = this.reader.read(Math.floor(this.step / stepsPerEpoch), index);
    const readMs = performance.now() - startMs;
    const learningRate = learningRateAt(this.step, totalSteps, peak, warmupFraction);
    const result = await trainingStep.run(ids, targets, { learningRate, weightDecay, clipNorm: gradientClipNorm });
    this.step++;
    if (this.step === 1 || this.step % UPDATE_RATIO_INTERVAL === 0) meter.updateRatio = trainingStep.updateRatio();
    meter.add(this.step, { ...result, readMs }, learningRate);
    this.watch.add(this.step, result.lossNats, learningRate);
  }

  /** @returns false when it was interrupted by a stop */
  private async evaluateIfDue(): Promise<boolean> {
    const { step, evaluationInterval, totalSteps, stepsPerEpoch, meter, trainingStep } = this;
    const isDue = step > 0 && (step % evaluationInterval === 0 || step === totalSteps);
    if (!isDue || this.evaluations.at(-1)?.step === step) return true;
    const position = { step, epoch: Math.ceil(step / stepsPerEpoch), trainingSeconds: meter.trainingSeconds };
    try {
      const evaluation = { type: 'evaluation', ...position, ...(await meter.pauseFor(() => this.evaluate())) } as const;
      this.observer(evaluation);
      await meter.pauseFor(async () => this.options.takeCheckpoint?.(evaluation, trainingStep.parameters));
      this.evaluations.push(evaluation);
      const improved = this.best.offer(evaluation, trainingStep.parameters);
      // A loss that has not begun to fall during warm-up says nothing; neither does less than one pass over the text.
      const tooEarly = step <= Math.max(this.warmupSteps, Math.min(stepsPerEpoch, totalSteps - 1));
      this.worse = improved || tooEarly ? 0 : this.worse + 1;
      return true;
    } catch (error) {
      const { cancel, stop } = this.signals;
      if (stop?.aborted && !cancel?.aborted && error === this.interrupted.reason) return false;
      throw error;
    }
  }

  private async evaluate(): Promise<Pick<TrainingEvaluation, 'train' | 'validation' | 'gapPoints' | 'sample'>> {
    const { options, evaluator, trainingStep, interrupted } = this;
    const limit = options.evaluationTokens ?? evaluationTokensOf(this.totalSteps * this.tokensPerStep);
    const [trainText, validationText] = comparableTexts(options.train, options.validation, limit);
    const train = await evaluator.evaluate(trainText, interrupted);
    const validation = await evaluator.evaluate(validationText, interrupted);
    const sample = options.writeSample ? await options.writeSample(trainingStep.parameters) : '';
    return { train, validation, gapPoints: gapPoints(train, validation), sample };
  }

  private async resume(): Promise<void> {
    const { state } = this.options;
    const loaded = await state?.store.load(state.identity);
    if (!loaded) return;
    loaded.readInto(this.tensors());
    const { step, worse, evaluations, best, trainingSeconds } = loaded.record;
    this.trainingStep.restore(step);
    this.step = step;
    this.worse = worse;
    this.evaluations = [...evaluations];
    this.best.restore(best);
    this.meter.resume(trainingSeconds);
    this.observer({ type: 'resumed', step, trainedTokens: step * this.tokensPerStep });
  }

  private async saveIfDue(): Promise<void> {
    const { state } = this.options;
    if (!state || this.step === 0) return;
    if (performance.now() - this.savedAtMs >= state.saveIntervalSeconds * 1000) await this.save();
  }

  private async save(): Promise<void> {
    const { options, step, worse, evaluations, meter, best } = this;
    const { state } = options;
    if (!state || step === 0) return;
    const { identity, store } = state;
    const { trainingSeconds } = meter;
    const record = { identity, step, worse, evaluations, best: best.evaluation ?? null, trainingSeconds };
    await meter.pauseFor(() => store.save(record, this.tensors()));
    this.savedAtMs = performance.now();
    this.observer({ type: 'state_saved', step });
  }

  private async stop(): Promise<Stopped> {
    await this.save();
    return { kind: 'stopped', step: this.step };
  }

  private tensors(): Map<string, Float32Array> {
    return new Map([...this.trainingStep.tensors(), ...this.best.tensors()]);
  }
}

/** Aborted when the run is to end, in one way or the other. */
export function anyOf({ cancel, stop }: RunSignals): AbortSignal {
  return AbortSignal.any([cancel, stop].filter((signal) => signal !== undefined));
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

/** An evaluator over parameters that training goes on changing. The length of its windows changes how fast it is, not what it measures. */
export async function createEvaluator(
  architecture: Architecture,
  parameters: Parameters,
  engine: TrainingEngine,
  sequenceLength = EVALUATION_STEPS,
): Promise<TextEvaluator> {
  const program = await engine.evaluationProgram(architecture, sequenceLength);
  return new TextEvaluator(program, architecture, parameters, sequenceLength);
}

/** As long as training windows, whose graph is unrolled as far, but no longer than measuring needs. */
export function evaluationSteps({ sequenceLength }: Hyperparameters): number {
  return Math.min(sequenceLength, EVALUATION_STEPS);
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
