import { describe, expect, it } from 'vitest';
import type { CorpusReport, FindingCode } from '../corpus/index.js';
import type { Evaluation } from '../evaluation/text-evaluator.js';
import { architectureOf, countParameters } from '../model/architecture.js';
import { resolveHyperparameters } from '../model/presets.js';
import { adviseUpgrade } from './advise-upgrade.js';
import type { ModelComparison, ModelRole } from './model-comparison.js';
import { renderUpgradeReport } from './render-upgrade-report.js';
import type {
  PresetEvidence,
  RuleSet,
  RunEvidence,
  UpgradeEvidence,
  UpgradeReport,
  UpgradeVerdict,
} from './upgrade-report.js';

const PRESET_OF = { from: 'small', to: 'medium', fallback: 'intermediate' } as const;

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

interface Case {
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

function evidenceOf({
  from,
  to,
  fallback,
  overBaseline = 0.2,
  gains = {},
  findings = [],
  compared,
}: Case): UpgradeEvidence {
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

const verdicts = (given: Case): Record<RuleSet, UpgradeVerdict> => {
  const { ruleSets } = adviseUpgrade(evidenceOf(given), 'measured');
  return { literal: ruleSets.literal.verdict, measured: ruleSets.measured.verdict };
};

const GOOD = { accuracy: 39, gap: 1 };

describe('adviseUpgrade before the bigger model is trained', () => {
  it('finds it worth training when every rule holds', () => {
    expect(verdicts({ from: GOOD })).toEqual({ literal: 'upgrade', measured: 'upgrade' });
    expect(adviseUpgrade(evidenceOf({ from: GOOD }), 'measured')).toMatchObject({ stage: 'before', next: 'to' });
  });

  // Name, what is known, verdict of the literal rules, of the measured ones.
  const cases: [string, Case, UpgradeVerdict, UpgradeVerdict][] = [
    ['an accuracy of 25% above the trigrams', { from: { accuracy: 25, gap: 1 } }, 'keep_small', 'upgrade'],
    ['an accuracy of 35% exactly', { from: { accuracy: 35, gap: 1 } }, 'upgrade', 'upgrade'],
    ['a loss equal to that of the trigrams', { from: GOOD, overBaseline: 0 }, 'upgrade', 'keep_small'],
    ['a gap of 3 points', { from: { ...GOOD, gap: 3 } }, 'keep_small', 'keep_small'],
    ['a gap of 2.99 points', { from: { ...GOOD, gap: 2.99 } }, 'upgrade', 'upgrade'],
    ['a gap above 5 points and data enough', { from: { ...GOOD, gap: 5.1 } }, 'keep_small', 'keep_small'],
    [
      'a gap above 5 points and too little data',
      { from: { ...GOOD, gap: 5.1, trainingTokens: 20e6 } },
      'collect_more_data',
      'collect_more_data',
    ],
    ['too little data and nothing else', { from: { ...GOOD, trainingTokens: 20e6 } }, 'upgrade', 'upgrade'],
    [
      'worse than trigrams, done learning, too little data',
      { from: { accuracy: 25, gap: 1, trainingTokens: 20e6 }, overBaseline: -0.1 },
      'collect_more_data',
      'collect_more_data',
    ],
    [
      'worse than trigrams, still learning, too little data',
      { from: { accuracy: 25, gap: 1, trainingTokens: 20e6, losses: [6, 5, 4.5, 4.2, 4.1] }, overBaseline: -0.1 },
      'collect_more_data',
      'keep_small',
    ],
    ['no plateau of the loss', { from: { ...GOOD, losses: [6, 5, 4.5, 4.2, 4.1] } }, 'upgrade', 'keep_small'],
    ['a curve of three points', { from: { ...GOOD, losses: [6, 5, 4.5] } }, 'keep_small', 'keep_small'],
    [
      'a training loss that jumps by more than half a nat',
      { from: { ...GOOD, trainingLosses: [7, 6, 5, 4.5, 5.2, 4.2] } },
      'keep_small',
      'keep_small',
    ],
    [
      'held-out text that is also trained on',
      { from: GOOD, findings: ['held_out_shares_document'] },
      'keep_small',
      'keep_small',
    ],
    ['a dropped duplicate', { from: GOOD, findings: ['duplicate_dropped'] }, 'upgrade', 'upgrade'],
    ['no comparison', { from: GOOD, compared: false }, 'keep_small', 'keep_small'],
  ];
  it.each(cases)('%s', (_name, given, literal, byMeasure) => {
    expect(verdicts(given)).toEqual({ literal, measured: byMeasure });
  });

  it('says what was not measured', () => {
    const { ruleSets } = adviseUpgrade(evidenceOf({ from: GOOD, compared: false }), 'measured');
    expect(ruleSets.measured.reasons.join()).toMatch(/trigram model .* was not measured/);
    expect(ruleSets.measured.rules.filter(({ outcome }) => outcome === 'unknown').map(({ rule }) => rule)).toEqual([
      'preprocessing_settled',
      'from_beats_baseline',
    ]);
  });
});

describe('adviseUpgrade after the bigger model was trained', () => {
  const better = { accuracy: 42.5, gap: 2 };
  const saved = { to: 0.05 };
  const poor = { ...GOOD, trainingTokens: 20e6 };
  const cases: [string, Case, UpgradeVerdict, UpgradeVerdict][] = [
    ['better by every rule', { from: GOOD, to: better, gains: saved }, 'upgrade', 'upgrade'],
    [
      'better, though small was still learning',
      { from: { ...GOOD, losses: [6, 5, 4.5, 4.2, 4.1] }, to: better, gains: saved },
      'upgrade',
      'upgrade',
    ],
    ['a point better in accuracy', { from: GOOD, to: { accuracy: 40, gap: 2 }, gains: saved }, 'keep_small', 'upgrade'],
    ['an interval that holds zero', { from: GOOD, to: better, gains: { to: 0.005 } }, 'upgrade', 'keep_small'],
    ['the same model again', { from: GOOD, to: GOOD, gains: { to: 0.01 } }, 'keep_small', 'keep_small'],
    ['not compared', { from: GOOD, to: better }, 'upgrade', 'keep_small'],
    [
      'overfitting with data enough',
      { from: GOOD, to: { ...better, gap: 5 }, gains: saved },
      'keep_small',
      'keep_small',
    ],
    [
      'overfitting with too little data',
      { from: poor, to: { ...better, gap: 5 }, gains: saved },
      'collect_more_data',
      'collect_more_data',
    ],
    [
      'worse with too little data',
      { from: poor, to: { accuracy: 38, gap: 1 }, gains: { to: -0.1 } },
      'keep_small',
      'keep_small',
    ],
    [
      'overfitting, and intermediate is better than small',
      {
        from: poor,
        to: { ...better, gap: 6 },
        fallback: { accuracy: 41, gap: 2 },
        gains: { to: -0.1, fallback: 0.03 },
      },
      'use_intermediate',
      'use_intermediate',
    ],
    [
      'overfitting, and so does intermediate',
      { from: poor, to: { ...better, gap: 6 }, fallback: { accuracy: 41, gap: 5.5 }, gains: { to: 0, fallback: 0.03 } },
      'collect_more_data',
      'collect_more_data',
    ],
    ['small itself overfits', { from: { accuracy: 39, gap: 6 }, to: better, gains: saved }, 'keep_small', 'keep_small'],
    [
      'small has a gap of 4 points',
      { from: { accuracy: 39, gap: 4 }, to: better, gains: saved },
      'keep_small',
      'upgrade',
    ],
  ];
  it.each(cases)('%s', (_name, given, literal, byMeasure) => {
    expect(verdicts(given)).toEqual({ literal, measured: byMeasure });
  });

  it.each([
    ['overfits', { from: GOOD, to: { ...better, gap: 6 }, gains: saved }, 'fallback'],
    ['is no better', { from: GOOD, to: better, gains: { to: 0 } }, 'fallback'],
    ['overfits and the fallback was tried', { from: GOOD, to: { ...better, gap: 6 }, fallback: GOOD }, 'nothing'],
    ['was not compared', { from: GOOD, to: better }, 'nothing'],
    ['is better', { from: GOOD, to: better, gains: saved }, 'nothing'],
  ] as [string, Case, string][])('when the bigger model %s, what to train next is: %s', (_name, given, next) => {
    expect(adviseUpgrade(evidenceOf(given), 'measured').next).toBe(next);
  });

  it('lets the policy decide and shows both rule sets', () => {
    const evidence = evidenceOf({ from: GOOD, to: { accuracy: 40, gap: 2 }, gains: saved });
    expect(adviseUpgrade(evidence, 'literal').verdict).toBe('keep_small');
    expect(adviseUpgrade(evidence, 'measured').verdict).toBe('upgrade');
    expect(adviseUpgrade(evidence, 'literal').ruleSets).toEqual(adviseUpgrade(evidence, 'measured').ruleSets);
  });
});

describe('data and time', () => {
  it("reproduces the document's ratios, and what is missing to 5", () => {
    const { ratios } = adviseUpgrade(evidenceOf({ from: { ...GOOD, trainingTokens: 22.7e6 } }), 'measured');
    expect(ratios.map(({ preset, ratio }) => `${preset} ${ratio.toFixed(2)}`)).toEqual([
      'small 4.76',
      'medium 2.90',
      'intermediate 3.63',
    ]);
    expect(ratios.map((ratio) => ratio.tokensMissing)).toEqual([
      5 * 4_770_576 - 22.7e6,
      5 * 7_838_992 - 22.7e6,
      5 * 6_247_440 - 22.7e6,
    ]);
  });

  it('asks for the tokens that the bigger model lacks, and for none with another verdict', () => {
    const short = { from: { ...GOOD, gap: 6, trainingTokens: 20e6 } };
    expect(adviseUpgrade(evidenceOf(short), 'measured').tokensNeeded).toBe(5 * 7_838_992 - 20e6);
    expect(adviseUpgrade(evidenceOf({ from: GOOD }), 'measured').tokensNeeded).toBe(0);
  });

  it('predicts from the estimate, the operations and the 15%, and puts the actual time beside', () => {
    const { timeline } = adviseUpgrade(evidenceOf({ from: GOOD, to: GOOD }), 'measured');
    const [small, medium, intermediate] = timeline;
    expect(small).toMatchObject({ byEstimate: 8_000, byOperations: null, byDocument: null, actual: 10_000 });
    // 6 operations for each weight that is multiplied: 4H(E + H) + 8H^2 + HV.
    const operations = (E: number, H: number): number => 4 * H * (E + H) + 8 * H * H + H * 10_000;
    expect(medium!.byOperations! / 10_000).toBeCloseTo(operations(192, 384) / operations(128, 256), 10);
    expect(medium).toMatchObject({ byEstimate: null, actual: 10_000 });
    expect(medium!.byDocument).toBeCloseTo(11_500, 8);
    expect(intermediate).toMatchObject({ trainedTokens: 100e6, byDocument: null, actual: null });
  });
});

describe('renderUpgradeReport', () => {
  const reportOf = (given: Case, policy: RuleSet = 'measured'): UpgradeReport => {
    const evidence = evidenceOf(given);
    const advice = adviseUpgrade(evidence, policy);
    const about = { createdAt: '2026-11-22T12:00:00.000Z', subject: 'upexp-1', trainingFile: 'books.txt', seed: 7 };
    return { format: 'understudy-upgrade-report', version: 1, ...about, advice, evidence };
  };
  const given: Case = { from: GOOD, to: { accuracy: 40, gap: 2 }, gains: { to: 0.05 } };

  it('is the same from the report and from its JSON', () => {
    const report = reportOf(given);
    expect(renderUpgradeReport(JSON.parse(JSON.stringify(report)) as UpgradeReport)).toBe(renderUpgradeReport(report));
  });

  it('begins with the verdict, and names what the other rule set says', () => {
    const text = renderUpgradeReport(reportOf(given));
    expect(text).toMatch(/^# small to medium: upgrade to medium\n/);
    expect(text).toContain('`literal` says: keep small');
  });

  it('shows each rule with number, limit and source', () => {
    const report = reportOf(given);
    const text = renderUpgradeReport(report);
    for (const { rules } of Object.values(report.advice.ruleSets)) {
      for (const { source } of rules) expect(text).toContain(source);
    }
    expect(text).toContain(
      '| candidate\\_improvement | medium | validation accuracy above that of the smaller model | 1 points | at least 3 | fail |',
    );
    expect(text).toContain('0.0500 nats saved per token (95% interval 0.0400 to 0.0600)');
  });

  it('lets no text of a model or a document become markup', () => {
    const text = renderUpgradeReport(reportOf(given));
    expect(text).toContain('> The &lt;old> \\*captain\\*');
    expect(text).toContain('> \\# no heading\n> | no cell');
    const headings = text.split('\n').filter((line) => line.startsWith('#'));
    expect(headings).not.toContainEqual(expect.stringMatching(/no heading/));
    for (const table of text.split('\n\n').filter((block) => block.startsWith('|'))) {
      const bars = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(bars).size).toBe(1);
    }
  });

  it('says how many tokens to collect', () => {
    const text = renderUpgradeReport(reportOf({ from: { ...GOOD, gap: 6, trainingTokens: 20e6 } }));
    expect(text).toMatch(/^# small to medium: collect more data \(19,194,960 more training tokens\)/);
    expect(text).toContain('medium is not trained yet');
  });
});
