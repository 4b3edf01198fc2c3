import type { ProbeMeasurement } from '../models/measure-probe.js';

/**
 * What is wrong with a version by how well it predicts its probe, in sentences.
 *
 * @param band how far the perplexity may be from the registered one: by this factor above 1, either way
 */
export function probeProblems(id: string, measured: ProbeMeasurement, band: number): string[] {
  const { perplexity, registeredPerplexity } = measured;
  if (!Number.isFinite(perplexity)) return [`${id} gives a probability that is not a number on its probe text.`];
  const ratio = perplexity / registeredPerplexity;
  if (ratio <= 1 + band && ratio >= 1 / (1 + band)) return [];
  const text = `${id} has a perplexity of ${perplexity.toFixed(2)} on its probe text; ${registeredPerplexity.toFixed(2)} was registered, and the policy allows a factor of ${1 + band}.`;
  return [text];
}
