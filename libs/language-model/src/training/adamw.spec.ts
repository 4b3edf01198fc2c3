import { beforeEach, describe, expect, it } from 'vitest';
import type { Architecture } from '../model/architecture.js';
import type { Parameters } from '../model/parameters.js';
import { fillUniform } from '../model/random.js';
import { AdamW } from './adamw.js';

/** Sizes that are no multiples of four, the kernel's vector. */
const ARCHITECTURE: Architecture = { vocabularySize: 7, embeddingDim: 3, lstmUnits: 5, numLayers: 2 };
const SETTINGS = { learningRate: 0.01, weightDecay: 0.3, clipNorm: 1 };

function copyOf(parameters: Parameters): Map<string, number[]> {
  return new Map(parameters.specs.map(({ name }) => [name, [...parameters.view(name)]]));
}

/** Numbers in -size to size, different for each parameter and index. */
function fill(parameters: Parameters, size: number, index: number): void {
  parameters.specs.forEach(({ name }, which) => {
    const view = parameters.view(name);
    fillUniform(view, 3, which, index);
    for (let i = 0; i < view.length; i++) view[i] = size * (2 * view[i]! - 1);
  });
}

/** Algorithm 2 of arXiv 1711.05101 in double precision, with the gradients clipped by their common norm. */
class Reference {
  private readonly values: Map<string, number[]>;
  private readonly moments = new Map<string, { m: number; v: number }[]>();
  private steps = 0;

  constructor(private readonly parameters: Parameters) {
    this.values = copyOf(parameters);
    for (const [name, values] of this.values)
      this.moments.set(
        name,
        values.map(() => ({ m: 0, v: 0 })),
      );
  }

  step(gradients: Map<string, number[]>, { learningRate, weightDecay, clipNorm }: typeof SETTINGS): number {
    const norm = Math.hypot(...[...gradients.values()].flat());
    const scale = Math.min(1, clipNorm / norm);
    this.steps++;
    for (const { name, shape } of this.parameters.specs) {
      const decay = shape.length === 2 ? weightDecay : 0;
      const values = this.values.get(name)!;
      gradients.get(name)!.forEach((gradient, i) => {
        const moment = this.moments.get(name)![i]!;
        moment.m = 0.9 * moment.m + 0.1 * gradient * scale;
        moment.v = 0.999 * moment.v + 0.001 * (gradient * scale) ** 2;
        const [m, v] = [moment.m / (1 - 0.9 ** this.steps), moment.v / (1 - 0.999 ** this.steps)];
        values[i]! -= learningRate * (m / (Math.sqrt(v) + 1e-8) + decay * values[i]!);
      });
    }
    return norm;
  }

  get(name: string): readonly number[] {
    return this.values.get(name)!;
  }
}

describe('AdamW', () => {
  let optimizer: AdamW;
  beforeEach(async () => {
    optimizer = await AdamW.create(ARCHITECTURE);
    fill(optimizer.parameters, 0.1, 0);
  });

  it.each([
    ['clipped', 2],
    ['not clipped', 0.05],
  ])('makes the steps of the algorithm in double precision, gradients %s', (_name, size) => {
    const reference = new Reference(optimizer.parameters);
    const start = copyOf(optimizer.parameters);
    for (let step = 1; step <= 6; step++) {
      fill(optimizer.gradients, size, step);
      const expectedNorm = reference.step(copyOf(optimizer.gradients), SETTINGS);
      const norm = optimizer.step(SETTINGS);
      expect(norm > SETTINGS.clipNorm).toBe(size > 1);
      expect(norm / expectedNorm).toBeCloseTo(1, 10);
      for (const { name } of optimizer.parameters.specs) {
        const before = start.get(name)!;
        const expected = reference.get(name);
        // Float32 parameters of 0.1 are rounded by 7e-9 at each step: relative to moves of 0.01 and more, below 1e-5.
        const largestMove = Math.max(...expected.map((value, i) => Math.abs(value - before[i]!)));
        optimizer.parameters.view(name).forEach((value, i) => {
          expect(Math.abs(value - expected[i]!) / largestMove, `${name}[${i}] after ${step} steps`).toBeLessThan(1e-5);
        });
      }
    }
    expect(optimizer.steps).toBe(6);
  });

  it('tells the norm of the update relative to that of the parameters', () => {
    expect(optimizer.updateRatio()).toBe(0);
    for (let step = 1; step <= 3; step++) {
      fill(optimizer.gradients, 2, step);
      const before = [...copyOf(optimizer.parameters).values()].flat();
      optimizer.step(SETTINGS);
      const after = [...copyOf(optimizer.parameters).values()].flat();
      const moved = Math.hypot(...after.map((value, i) => value - before[i]!));
      expect(optimizer.updateRatio() / (moved / Math.hypot(...after))).toBeCloseTo(1, 5);
    }
  });

  it('decays weight matrices and leaves biases and gains alone', () => {
    const before = copyOf(optimizer.parameters);
    optimizer.step({ learningRate: 0.5, weightDecay: 0.2, clipNorm: 1 });
    for (const { name, shape } of optimizer.parameters.specs) {
      const factor = shape.length === 2 ? 0.9 : 1;
      optimizer.parameters
        .view(name)
        .forEach((value, i) => expect(value).toBeCloseTo(factor * before.get(name)![i]!, 7));
    }
  });

  it.each([NaN, Infinity, -Infinity])('refuses a gradient that is %d and changes nothing', (bad) => {
    fill(optimizer.gradients, 1, 1);
    optimizer.step(SETTINGS);
    const before = [optimizer.parameters, ...optimizer.moments].map(copyOf);
    optimizer.gradients.view('norm.1.bias')[4] = bad;
    expect(() => optimizer.step(SETTINGS)).toThrow(
      expect.objectContaining({
        code: 'training_diverged',
        message: expect.stringMatching(/norm\.1\.bias .* step 2\b/) as string,
      }),
    );
    expect([optimizer.parameters, ...optimizer.moments].map(copyOf)).toEqual(before);
    expect(optimizer.steps).toBe(1);
  });
});
