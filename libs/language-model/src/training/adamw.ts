import { CodedError } from '#errors';
import type { Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { compileAdamWKernel, createKernelMemory, type AdamWKernel } from './adamw-kernel.js';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;
const BYTES = Float32Array.BYTES_PER_ELEMENT;
/** Every region starts at a multiple of this, so that vector loads and ONNX Runtime's kernels are aligned. */
const ALIGNMENT_BYTES = 64;

/** What one update is told. */
export interface AdamWStep {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Gradients with a larger Euclidean norm are scaled down to it. */
  readonly clipNorm: number;
}

/**
 * AdamW with gradient-norm clipping. It owns the memory of parameters, gradients and both moments; the training
 * graph reads the parameters and writes the gradients in place.
 * @see Loshchilov & Hutter, arXiv 1711.05101, algorithm 2; Pascanu et al., arXiv 1211.5063 for clipping
 */
export class AdamW {
  readonly parameters: Parameters;
  readonly gradients: Parameters;
  /** First and second moments, for checkpoints. */
  readonly moments: readonly [Parameters, Parameters];
  /** Updates made so far. */
  steps = 0;
  private last: AdamWStep | undefined;

  private constructor(
    architecture: Architecture,
    allocate: (count: number) => Float32Array,
    private readonly kernel: AdamWKernel,
  ) {
    const make = (): Parameters => new Parameters(architecture, allocate);
    this.parameters = make();
    this.gradients = make();
    this.moments = [make(), make()];
  }

  static async create(architecture: Architecture): Promise<AdamW> {
    const { specs } = new Parameters(architecture, () => new Float32Array(0));
    const bytes = 4 * specs.reduce((sum, { size }) => sum + align(size * BYTES), 0);
    const memory = createKernelMemory(bytes);
    let next = 0;
    const allocate = (count: number): Float32Array => {
      const start = next;
      next += align(count * BYTES);
      return new Float32Array(memory.buffer, start, count);
    };
    return new AdamW(architecture, allocate, await compileAdamWKernel(memory));
  }

  /**
   * Applies the gradients once. Biases and gains are not decayed.
   * @returns the gradients' norm before clipping
   * @throws training_diverged when it is not a number, before anything was changed
   */
  step({ learningRate, weightDecay, clipNorm }: AdamWStep): number {
    const { specs } = this.parameters;
    const squares = specs.map(({ name }) => {
      const gradient = this.gradients.view(name);
      return this.kernel.sumOfSquares(gradient.byteOffset, padded(gradient));
    });
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    if (!Number.isFinite(norm)) {
      const culprit = specs[squares.findIndex((square) => !Number.isFinite(square))];
      throw new CodedError(
        'training_diverged',
        `The gradient of ${culprit?.name ?? 'the model'} is not a finite number at step ${this.steps + 1}. Lower learning_rate or gradient_clip_norm.`,
      );
    }
    this.steps += 1;
    this.last = { learningRate, weightDecay, clipNorm };
    const scale = norm > clipNorm ? clipNorm / norm : 1;
    const rate = learningRate / (1 - BETA_1 ** this.steps);
    const correction = 1 / Math.sqrt(1 - BETA_2 ** this.steps);
    for (const { name, decayed } of specs) {
      const p = this.parameters.view(name);
      const [g, m, v] = [this.gradients, ...this.moments].map((owner) => owner.view(name).byteOffset) as [
        number,
        number,
        number,
      ];
      const decay = decayed ? 1 - learningRate * weightDecay : 1;
      this.kernel.update(p.byteOffset, g, m, v, padded(p), scale, BETA_1, BETA_2, decay, rate, correction, EPSILON);
    }
    return norm;
  }

  /**
   * Euclidean norm of the last update divided by that of the parameters after it: about 1e-3 is healthy. The update is
   * computed back from parameters and moments; 0 before the first step.
   */
  updateRatio(): number {
    if (!this.last) return 0;
    const { learningRate, weightDecay } = this.last;
    const rate = learningRate / (1 - BETA_1 ** this.steps);
    const correction = 1 / Math.sqrt(1 - BETA_2 ** this.steps);
    let [updates, weights] = [0, 0];
    for (const { name, decayed } of this.parameters.specs) {
      const [p, m, v] = [this.parameters, ...this.moments].map((owner) => owner.view(name)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const decay = decayed ? 1 - learningRate * weightDecay : 1;
      for (let i = 0; i < p.length; i++) {
        const after = p[i]!;
        const before = (after + (rate * m[i]!) / (Math.sqrt(v[i]!) * correction + EPSILON)) / decay;
        updates += (after - before) ** 2;
        weights += after ** 2;
      }
    }
    return Math.sqrt(updates / weights);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** Numbers to process: up to three of padding, which are zero and stay zero. */
function padded(view: Float32Array): number {
  return Math.ceil(view.length / 4) * 4;
}
