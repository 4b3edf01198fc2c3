import type { LoadedVersion } from './loaded-version.js';

/** How well a loaded version predicts its probe, and how well it did when it was exported. */
export interface ProbeMeasurement {
  readonly tokens: number;
  /** NaN where a loss is none. */
  readonly perplexity: number;
  readonly registeredPerplexity: number;
}

/** Reads the probe of a version by the graph that it serves with; null where its bundle has none. */
export async function measureProbe({ engine }: LoadedVersion): Promise<ProbeMeasurement | null> {
  const { probeText } = engine;
  if (probeText === null) return null;
  const { scores } = await engine.score(probeText.texts);
  const tokens = scores.reduce((sum, score) => sum + score.tokens, 0);
  const lossNats = scores.reduce((sum, score) => sum + score.tokens * score.lossNats, 0) / Math.max(1, tokens);
  return { tokens, perplexity: Math.exp(lossNats), registeredPerplexity: Math.exp(probeText.lossNats) };
}
