import { float32Tensor, int64Tensor, type HostTensor } from '#tensor-graph';
import type { Architecture } from '../model/architecture.js';
import { stateNames } from '../model/forward.js';
import { initializeParameters, type Parameters } from '../model/parameters.js';
import { fillUniform, STREAMS } from '../model/random.js';
import { AdamW, type AdamWStep } from './adamw.js';
import type { ModelProgram, TrainingEngine } from './training-engine.js';
import { gradientName, maskName } from './training-graph.js';

/** Sizes and settings of a training step. */
export interface TrainingStepOptions {
  readonly architecture: Architecture;
  /** T */
  readonly sequenceLength: number;
  /** B */
  readonly batchSize: number;
  readonly dropoutRate: number;
  readonly seed: number;
  readonly engine: TrainingEngine;
  /** The training text, from whose token counts the output bias starts. */
  readonly text?: Uint16Array;
  /** What training begins with instead of values drawn from the seed. */
  readonly initial?: Parameters | undefined;
}

/** What one step reports. */
export interface StepResult {
  /** Mean loss per token, nats. */
  readonly lossNats: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Time of forward and backward pass, milliseconds. */
  readonly computeMs: number;
  /** Time of the update, milliseconds. */
  readonly optimizerMs: number;
}

/**
 * Forward pass, backward pass and update on one window of B texts by T tokens, with the hidden state carried on
 * to the next window (truncated back-propagation through time). The owner calls `dispose`.
 */
export class TrainingStep {
  private readonly feeds: Record<string, HostTensor> = {};
  private readonly results: Record<string, HostTensor> = {};
  private readonly loss = new Float32Array(1);
  private readonly masks: Float32Array[];

  private constructor(
    private readonly options: TrainingStepOptions,
    private readonly program: ModelProgram,
    private readonly optimizer: AdamW,
  ) {
    const { architecture, sequenceLength: T, batchSize: B, dropoutRate } = options;
    for (const { name, shape } of optimizer.parameters.specs) {
      this.feeds[name] = float32Tensor(optimizer.parameters.view(name), shape);
      this.results[gradientName(name)] = float32Tensor(optimizer.gradients.view(name), shape);
    }
    this.feeds['loss_scale'] = float32Tensor(Float32Array.of(1 / (T * B)), []);
    this.results['loss'] = float32Tensor(this.loss, []);
    for (let layer = 0; layer < architecture.numLayers; layer++) {
      for (const name of Object.values(stateNames(layer))) {
        const state = (): HostTensor =>
          float32Tensor(new Float32Array(B * architecture.lstmUnits), [1, B, architecture.lstmUnits]);
        this.feeds[name] = state();
        this.results[`next_${name}`] = state();
      }
    }
    const widths =
      dropoutRate === 0
        ? []
        : [architecture.embeddingDim, ...Array<number>(architecture.numLayers).fill(architecture.lstmUnits)];
    this.masks = widths.map((width, index) => {
      const mask = new Float32Array(B * width);
      this.feeds[maskName(index)] = float32Tensor(mask, [B, width]);
      return mask;
    });
  }

  static async create(options: TrainingStepOptions): Promise<TrainingStep> {
    const { architecture, sequenceLength, dropoutRate, engine, seed, text, initial } = options;
    const optimizer = await AdamW.create(architecture);
    if (initial) for (const { name } of initial.specs) optimizer.parameters.view(name).set(initial.view(name));
    else initializeParameters(optimizer.parameters, seed, text);
    const program = await engine.trainingProgram(architecture, sequenceLength, dropoutRate > 0);
    return new TrainingStep(options, program, optimizer);
  }

  /** The parameters as they stand; updates change them in place. */
  get parameters(): Parameters {
    return this.optimizer.parameters;
  }

  /** Gradients of the last step. */
  get gradients(): Parameters {
    return this.optimizer.gradients;
  }

  /** Norm of the last update relative to that of the parameters. */
  updateRatio(): number {
    return this.optimizer.updateRatio();
  }

  /** Everything that the next step depends on besides its window, by name; the arrays are live. */
  tensors(): Map<string, Float32Array> {
    const tensors = new Map<string, Float32Array>();
    const [first, second] = this.optimizer.moments;
    for (const { name } of this.parameters.specs) {
      tensors.set(name, this.parameters.view(name));
      tensors.set(`moment_1.${name}`, first.view(name));
      tensors.set(`moment_2.${name}`, second.view(name));
    }
    for (const { hidden, cell } of this.layers())
      for (const name of [hidden, cell]) tensors.set(name, this.feeds[name]!.data as Float32Array);
    return tensors;
  }

  /** Goes on from where `tensors` were filled in after `steps` updates. */
  restore(steps: number): void {
    this.optimizer.steps = steps;
  }

  /** Forgets the text read so far. */
  resetState(): void {
    for (const { hidden, cell } of this.layers()) {
      for (const name of [hidden, cell]) (this.feeds[name]!.data as Float32Array).fill(0);
    }
  }

  /**
   * Learns from one window. ids [T, B], targets [T*B], both time-major.
   * @throws training_diverged when loss or gradient is not a number; the parameters are then as before the step
   */
  async run(ids: BigInt64Array, targets: BigInt64Array, update: AdamWStep): Promise<StepResult> {
    const startMs = performance.now();
    await this.computeGradients(ids, targets);
    const computedMs = performance.now();
    const gradientNorm = this.optimizer.step(update);
    this.carryState();
    const optimizerMs = performance.now() - computedMs;
    return { lossNats: this.loss[0]!, gradientNorm, computeMs: computedMs - startMs, optimizerMs };
  }

  /** The first half of a step: loss and gradients, without an update. */
  async computeGradients(ids: BigInt64Array, targets: BigInt64Array): Promise<number> {
    const { sequenceLength: T, batchSize: B } = this.options;
    this.drawMasks(this.optimizer.steps);
    this.feeds['ids'] = int64Tensor(ids, [T, B]);
    this.feeds['targets'] = int64Tensor(targets, [T * B]);
    await this.program.run(this.feeds, this.results);
    return this.loss[0]!;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }

  /** Dropout that leaves a unit out for the whole window, drawn from (seed, step) alone. */
  private drawMasks(step: number): void {
    const { dropoutRate, seed } = this.options;
    const kept = 1 / (1 - dropoutRate);
    this.masks.forEach((mask, index) => {
      fillUniform(mask, seed, STREAMS.dropout + index * 16, step);
      for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! < dropoutRate ? 0 : kept;
    });
  }

  /** What came out as the next state goes in as the state; the buffers change places. */
  private carryState(): void {
    for (const { hidden, cell } of this.layers()) {
      for (const name of [hidden, cell]) {
        const before = this.feeds[name]!;
        this.feeds[name] = this.results[`next_${name}`]!;
        this.results[`next_${name}`] = before;
      }
    }
  }

  private layers(): { hidden: string; cell: string }[] {
    return Array.from({ length: this.options.architecture.numLayers }, (_, layer) => stateNames(layer));
  }
}
