import { describe, expect, it } from 'vitest';
import { adviseUpgrade } from './advise-upgrade.js';
import { exampleEvidence, type ExampleFacts } from './example-evidence.js';
import type { RuleSet, UpgradeVerdict } from './upgrade-report.js';

const verdicts = (given: ExampleFacts): Record<RuleSet, UpgradeVerdict> => {
  const { ruleSets } = adviseUpgrade(exampleEvidence(given), 'measured');
  return { literal: ruleSets.literal.verdict, measured: ruleSets.measured.verdict };
};

const GOOD = { accuracy: 39, gap: 1 };

describe('adviseUpgrade before the bigger model is trained', () => {
  it('finds it worth training when every rule holds', () => {
    expect(verdicts({ from: GOOD })).toEqual({ literal: 'upgrade', measured: 'upgrade' });
    expect(adviseUpgrade(exampleEvidence({ from: GOOD }), 'measured')).toMatchObject({ stage: 'before', next: 'to' });
  });

  // Name, what is known, verdict of the literal rules, of the measured ones.
  const cases: [string, ExampleFacts, UpgradeVerdict, UpgradeVerdict][] = [
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
      'hardly a report of the training loss, but a curve',
      { from: { ...GOOD, trainingLosses: [7, 5] } },
      'upgrade',
      'upgrade',
    ],
    [
      'hardly a report of the training loss, and a validation loss that jumps',
      { from: { ...GOOD, trainingLosses: [7, 5], losses: [6, 5, 4.1, 4.7, 4.1] } },
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
    const { ruleSets } = adviseUpgrade(exampleEvidence({ from: GOOD, compared: false }), 'measured');
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
  const cases: [string, ExampleFacts, UpgradeVerdict, UpgradeVerdict][] = [
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
  ] as [string, ExampleFacts, string][])(
    'when the bigger model %s, what to train next is: %s',
    (_name, given, next) => {
      expect(adviseUpgrade(exampleEvidence(given), 'measured').next).toBe(next);
    },
  );

  it('lets the policy decide and shows both rule sets', () => {
    const evidence = exampleEvidence({ from: GOOD, to: { accuracy: 40, gap: 2 }, gains: saved });
    expect(adviseUpgrade(evidence, 'literal').verdict).toBe('keep_small');
    expect(adviseUpgrade(evidence, 'measured').verdict).toBe('upgrade');
    expect(adviseUpgrade(evidence, 'literal').ruleSets).toEqual(adviseUpgrade(evidence, 'measured').ruleSets);
  });
});

describe('data and time', () => {
  it("reproduces the document's ratios, and what is missing to 5", () => {
    const { ratios } = adviseUpgrade(exampleEvidence({ from: { ...GOOD, trainingTokens: 22.7e6 } }), 'measured');
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
    expect(adviseUpgrade(exampleEvidence(short), 'measured').tokensNeeded).toBe(5 * 7_838_992 - 20e6);
    expect(adviseUpgrade(exampleEvidence({ from: GOOD }), 'measured').tokensNeeded).toBe(0);
  });

  it('predicts from the estimate, the operations and the 15%, and puts the actual time beside', () => {
    const { timeline } = adviseUpgrade(exampleEvidence({ from: GOOD, to: GOOD }), 'measured');
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
