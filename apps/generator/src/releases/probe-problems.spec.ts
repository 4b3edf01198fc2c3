import { describe, expect, it } from 'vitest';
import { probeProblems } from './probe-problems.js';

const measured = (perplexity: number): { tokens: number; perplexity: number; registeredPerplexity: number } => ({
  tokens: 2048,
  perplexity,
  registeredPerplexity: 100,
});

describe('the probe of a version', () => {
  it.each([100, 105, 95.24, 101.2])('is passed with a perplexity of %d where 100 was registered', (perplexity) => {
    expect(probeProblems('v', measured(perplexity), 0.05)).toEqual([]);
  });

  it.each([105.01, 95.23, 0, 1e300])('is failed with a perplexity of %d where 100 was registered', (perplexity) => {
    const [problem] = probeProblems('v', measured(perplexity), 0.05);
    expect(problem).toContain('100.00 was registered, and the policy allows a factor of 1.05');
  });

  it.each([NaN, Infinity, -Infinity])('is failed with %d', (perplexity) => {
    expect(probeProblems('v', measured(perplexity), 0.05)).toEqual([
      'v gives a probability that is not a number on its probe text.',
    ]);
  });
});
