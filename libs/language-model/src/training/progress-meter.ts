import type { StepResult } from './training-step.js';
import type { StepTimes, TrainingObserver } from './training-event.js';

interface ProgressMeterOptions {
  readonly totalSteps: number;
  readonly tokensPerStep: number;
  readonly stepsPerEpoch: number;
  readonly observer: TrainingObserver;
}

/** Time between two progress events. */
const INTERVAL_MS = 500;
const NO_TIME: StepTimes = { read: 0, compute: 0, optimizer: 0 };
/** Weight of the past in the running rate, per event. */
const SMOOTHING = 0.7;

/** Turns steps into progress events: a smoothed rate, the time left, the mean loss since the last event. */
export class ProgressMeter {
  private lastEventMs = performance.now();
  private stepsSince = 0;
  private lossSum = 0;
  private rate = 0;
  private trainingMs = 0;
  private times: StepTimes = NO_TIME;
  /** The newest measurement, for the next event. */
  updateRatio = 0;

  constructor(private readonly options: ProgressMeterOptions) {}

  /** Time spent in training so far, evaluations left out. */
  get trainingSeconds(): number {
    return (this.trainingMs + performance.now() - this.lastEventMs) / 1000;
  }

  /** Notes a step; tells the observer if it is time, and always at the first and last step. */
  add(step: number, result: StepResult & { readonly readMs: number }, learningRate: number): void {
    const { totalSteps, tokensPerStep, stepsPerEpoch, observer } = this.options;
    this.stepsSince++;
    this.lossSum += result.lossNats;
    this.times = {
      read: this.times.read + result.readMs,
      compute: this.times.compute + result.computeMs,
      optimizer: this.times.optimizer + result.optimizerMs,
    };
    const elapsedMs = performance.now() - this.lastEventMs;
    if (elapsedMs < INTERVAL_MS && step !== 1 && step !== totalSteps) return;
    const rate = (this.stepsSince * tokensPerStep) / (elapsedMs / 1000);
    this.rate = this.rate === 0 ? rate : SMOOTHING * this.rate + (1 - SMOOTHING) * rate;
    observer({
      type: 'progress',
      step,
      totalSteps,
      epoch: Math.ceil(step / stepsPerEpoch),
      epochs: Math.ceil(totalSteps / stepsPerEpoch),
      trainedTokens: step * tokensPerStep,
      totalTokens: totalSteps * tokensPerStep,
      tokensPerSecond: this.rate,
      secondsLeft: ((totalSteps - step) * tokensPerStep) / this.rate,
      lossNats: this.lossSum / this.stepsSince,
      learningRate,
      gradientNorm: result.gradientNorm,
      updateRatio: this.updateRatio,
      stepMs: {
        read: this.times.read / this.stepsSince,
        compute: this.times.compute / this.stepsSince,
        optimizer: this.times.optimizer / this.stepsSince,
      },
    });
    this.restart(elapsedMs);
  }

  /** Does something whose time is not training time. */
  async pauseFor<T>(work: () => Promise<T>): Promise<T> {
    const before = performance.now();
    const result = await work();
    this.lastEventMs += performance.now() - before;
    return result;
  }

  /** Goes on counting after `trainingSeconds` of an earlier attempt. */
  resume(trainingSeconds: number): void {
    this.trainingMs = trainingSeconds * 1000;
    this.lastEventMs = performance.now();
  }

  private restart(elapsedMs: number): void {
    this.trainingMs += elapsedMs;
    this.lastEventMs = performance.now();
    this.stepsSince = 0;
    this.lossSum = 0;
    this.times = NO_TIME;
  }
}
