import { describe, expect, it } from 'vitest';
import { DEFAULT_TOLERANCE, choosePrecision, describeQuantization, judgeQuantization } from './quantization.js';

const float32 = { perplexity: 100, top1: 0.25 };

describe('the int8 variant', () => {
  it.each([
    [{ perplexity: 100.99, top1: 0.2471 }, true],
    [{ perplexity: 101.01, top1: 0.25 }, false],
    [{ perplexity: 100, top1: 0.2469 }, false],
    [{ perplexity: 90, top1: 0.3 }, true], // better is no reason to refuse
    [{ perplexity: NaN, top1: 0.25 }, false],
    [{ perplexity: Infinity, top1: 0.25 }, false],
  ])('with %j holds: %j', (int8, held) => {
    expect(judgeQuantization(1000, float32, int8, DEFAULT_TOLERANCE)).toMatchObject({ held, int8, float32 });
  });

  it('holds to other tolerances where they are given, and never without a token to measure', () => {
    const int8 = { perplexity: 104, top1: 0.24 };
    expect(judgeQuantization(1000, float32, int8, { perplexityPercent: 5, top1Points: 2 }).held).toBe(true);
    expect(judgeQuantization(0, float32, float32, DEFAULT_TOLERANCE).held).toBe(false);
  });

  it('is said on the card to be served, or not to be', () => {
    const text = (perplexity: number): string =>
      describeQuantization(judgeQuantization(1000, float32, { perplexity, top1: 0.25 }, DEFAULT_TOLERANCE));
    expect(text(100.5)).toContain('| int8 | 100.50 | 25.00% |');
    expect(text(100.5)).toContain('it holds, and is what is served');
    expect(text(102)).toContain('it does not hold');
  });
});

describe('the precision that is served', () => {
  const held = judgeQuantization(1000, float32, float32, DEFAULT_TOLERANCE);
  const lost = judgeQuantization(1000, float32, { perplexity: 102, top1: 0.25 }, DEFAULT_TOLERANCE);
  it.each([
    ['auto', held, 'int8'],
    ['auto', lost, 'float32'],
    ['auto', undefined, 'float32'],
    ['float32', held, 'float32'],
    ['int8', held, 'int8'],
    ['int8', lost, 'int8'],
    ['int8', undefined, 'float32'],
  ] as const)('by %s of %j is %s', (choice, quantization, precision) => {
    expect(choosePrecision(choice, quantization)).toBe(precision);
  });
});
