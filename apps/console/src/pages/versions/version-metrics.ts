import type { Version } from '../../serving/serving-types.js';

/** What was measured on one text. */
export interface Measured {
  readonly tokens: number;
  readonly lossNats: number;
  readonly perplexity: number;
  /** Shares of tokens that were the most probable one, or among the five most probable, 0 to 1. */
  readonly top1: number;
  readonly top5: number;
}

/** What was measured of a version; imported ones and old ones may lack any of it. */
export interface VersionMetrics {
  readonly train: Measured | null;
  readonly validation: Measured | null;
  readonly test: Measured | null;
  readonly gapPoints: number | null;
  readonly tokensPerSecond: number | null;
  readonly trainingSeconds: number | null;
  readonly sample: string | null;
}

/** Reads the metrics that a version was registered with. */
export function metricsOf({ metrics }: Pick<Version, 'metrics'>): VersionMetrics {
  return {
    train: measuredOf(metrics['train']),
    validation: measuredOf(metrics['validation']),
    test: measuredOf(metrics['test']),
    gapPoints: numberOf(metrics['gapPoints']),
    tokensPerSecond: numberOf(metrics['tokensPerSecond']),
    trainingSeconds: numberOf(metrics['trainingSeconds']),
    sample: typeof metrics['sample'] === 'string' ? metrics['sample'] : null,
  };
}

function measuredOf(value: unknown): Measured | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const read = (name: string): number => numberOf(fields[name]) ?? NaN;
  return {
    tokens: read('tokens'),
    lossNats: read('lossNats'),
    perplexity: read('perplexity'),
    top1: read('top1'),
    top5: read('top5'),
  };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
