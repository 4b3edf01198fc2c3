import type { CorpusReport, FindingCode } from '../corpus/index.js';
import type { Evaluation } from '../evaluation/text-evaluator.js';
import { architectureOf, countParameters } from '../model/architecture.js';
import { resolveHyperparameters } from '../model/presets.js';
import type { ModelComparison, ModelRole } from './model-comparison.js';
import type { PresetEvidence, RunEvidence, UpgradeEvidence } from './upgrade-report.js';

const PRESET_OF = { from: 'small', to: 'medium', fallback: 'intermediate' } as const;

/** What is told of a run. */
interface Facts {
  accuracy: number;
  gap: number;
  trainingTokens?: number;
  /** Validation loss at the end of each fifth of the run. */
  losses?: readonly number[];
  trainingLosses?: readonly number[];
}

function measured(lossNats: number, top1: number): Evaluation {
  return { tokens: 1000, lossNats, perplexity: Math.exp(lossNats), top1, top5: 2 * top1 };
}

function run(role: ModelRole, facts: Facts): RunEvidence {
  const { accuracy, gap, trainingTokens = 50e6, losses = [6, 5, 4.11, 4.105, 4.1] } = facts;
  const trainingLosses = facts.trainingLosses ?? [7, 6, 5, 4.5, 4.3, 4.2];
  return {
    id: `ft:${PRESET_OF[role]}:x`,
    parameters: countParameters(architectureOf(resolveHyperparameters(PRESET_OF[role]), 10_000)),
    trainingTokens,
    trainedTokens: 100e6,
    metrics: {
      train: measured(4, (accuracy + gap) / 100),
      validation: measured(4.1, accuracy / 100),
      test: null,
      gapPoints: gap,
      tokensPerSecond: 10_000,
      trainingSeconds: 10_000,
      stoppedEarly: false,
      sample: 'The old captain.',
    },
    curve: losses.map((validationLossNats, index) => ({
      step: 100 * (index + 1),
      validationLossNats,
      validationTop1: (accuracy / 100) * (validationLossNats === Math.min(...losses) ? 1 : 0.999),
    })),
    steps: trainingLosses.map((lossNats, index) => ({ step: 100 * (index + 1), lossNats })),
  };
}

function model(role: ModelRole, facts: Facts | null): PresetEvidence {
  const preset = PRESET_OF[role];
  return {
    preset,
    hyperparameters: resolveHyperparameters(preset),
    estimatedTokensPerSecond: role === 'from' ? 12_500 : null,
    run: facts === null ? null : run(role, facts),
  };
}

function corpusWith(findings: readonly FindingCode[]): CorpusReport {
  const part = { documents: 10, tokens: 1000, unknownTokens: 30, coverage: 0.97 };
  return {
    files: 20,
    sizeBytes: 1,
    documents: 20,
    train: part,
    validation: part,
    test: part,
    vocabularySize: 10_000,
    distinctTokens: 20_000,
    findings: findings.map((code) => ({ document: null, code, message: code })),
  };
}

/** What an experiment found; specs name what differs from a good one. */
export interface ExampleFacts {
  from: Facts;
  to?: Facts;
  fallback?: Facts;
  /** Loss of the trigrams less that of small. */
  overBaseline?: number;
  /** Mean loss saved per token; the interval reaches 0.01 to each side. */
  gains?: Partial<Record<'to' | 'fallback', number>>;
  findings?: readonly FindingCode[];
  compared?: false;
}

/** Evidence made up for specs: presets of the usual sizes, everything measured unless said otherwise. */
export function exampleEvidence({
  from,
  to,
  fallback,
  overBaseline = 0.2,
  gains = {},
  findings = [],
  compared,
}: ExampleFacts): UpgradeEvidence {
  const comparison: ModelComparison = {
    heldOut: { part: 'test', documents: 10, tokens: 1000 },
    corpus: corpusWith(findings),
    dataSha256: 'd',
    seed: 1,
    baseline: { evaluation: measured(4.1 + overBaseline, 0.2), trainingTokens: 1e6, distinctTrigrams: 1e5 },
    models: [{ role: 'from', preset: 'small', parameters: 1, evaluation: measured(4.1, 0.25), tokensPerSecond: 1 }],
    pairs: Object.entries(gains).map(([role, gain]) => ({
      role: role as 'to' | 'fallback',
      gainNats: { estimate: gain, low: gain - 0.01, high: gain + 0.01 },
      gainPoints: { estimate: 1, low: 0, high: 2 },
      wins: 0.5,
      confidence: 0.95,
      resamples: 10_000,
      unit: 'documents',
      units: 10,
    })),
    samples: [
      {
        prompt: 'The <old> *captain*',
        original: 'went\non',
        texts: [{ role: 'from', text: '# no heading\n| no cell' }],
      },
    ],
    seconds: 1,
  };
  const incumbent = model('from', from);
  return {
    from: { ...incumbent, run: incumbent.run! },
    to: model('to', to ?? null),
    fallback: model('fallback', fallback ?? null),
    comparison: compared === false ? null : comparison,
    corpus: null,
  };
}
