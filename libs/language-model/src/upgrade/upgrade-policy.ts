import type { FindingCode } from '../corpus/index.js';
import { dataRatio, TARGET_RATIO } from './data-ratio.js';
import { largestRise, lateGain } from './learning-curve.js';
import type { ModelRole } from './model-comparison.js';
import type {
  CurvePoint,
  PresetEvidence,
  RuleLimit,
  RuleSet,
  RunEvidence,
  UpgradeAdvice,
  UpgradeEvidence,
} from './upgrade-report.js';

/** `before` or `after` the bigger model is trained. */
export type Stage = UpgradeAdvice['stage'];

/** What a rule measures: one model of the evidence. */
export interface RuleSubject {
  readonly evidence: UpgradeEvidence;
  readonly role: ModelRole;
  readonly model: PresetEvidence;
  readonly parameters: number;
  readonly run: RunEvidence | null;
}

/** One line of the policy table. */
export interface Rule {
  readonly id: string;
  /** Models that it is applied to. */
  readonly roles: readonly ModelRole[];
  /** Rule sets that have it, and the stages in which their verdict needs it; in the others it only warns. */
  readonly decides: Readonly<Partial<Record<RuleSet, readonly Stage[]>>>;
  readonly subject: string;
  readonly unit: 'points' | '%' | 'nats' | 'findings' | 'sequences per parameter';
  readonly digits: number;
  readonly limit: RuleLimit;
  readonly source: string;
  /** null when what it needs was not measured. */
  readonly measure: (subject: RuleSubject) => number | null;
  /** What else a reader should know about the value. */
  readonly remark?: (subject: RuleSubject, value: number) => string;
}

const DOCUMENT = 'upgrade document';
const OURS = 'our number';
const CANDIDATES = ['to', 'fallback'] as const;

/** Findings that make the held-out figures of a corpus, or what became of its words, doubtful: preprocessing is not done. */
const UNSETTLED: readonly FindingCode[] = ['held_out_shares_document', 'dictionary_full', 'low_coverage'];

const corpusOf = ({ evidence }: RuleSubject): UpgradeEvidence['corpus'] =>
  evidence.comparison?.corpus ?? evidence.corpus;
const unsettledFindings = (subject: RuleSubject): string[] | null =>
  corpusOf(subject)?.findings.flatMap(({ code }) => (UNSETTLED.includes(code) ? [code] : [])) ?? null;
const accuracyOf = ({ run }: RuleSubject): number | null => (run === null ? null : 100 * run.metrics.validation.top1);
const gapOf = ({ run }: RuleSubject): number | null => run?.metrics.gapPoints ?? null;
const byValidation = ({ step, validationLossNats }: CurvePoint) => ({ step, lossNats: validationLossNats });
const comparedFrom = ({ evidence }: RuleSubject) => evidence.comparison?.models.find(({ role }) => role === 'from');
const pairOf = ({ evidence, role }: RuleSubject) => evidence.comparison?.pairs.find((pair) => pair.role === role);
const expectedUpTo =
  (most: number, unit: string) =>
  (_: RuleSubject, value: number): string =>
    value > most ? `more than the ${most}${unit} that the document expects` : '';

/** Both rule sets: each rule with its number, what it is held against, and where that comes from. */
export const UPGRADE_POLICY: readonly Rule[] = [
  {
    id: 'preprocessing_settled',
    roles: ['from'],
    decides: { literal: ['before', 'after'], measured: ['before', 'after'] },
    subject: 'findings about the corpus that make its figures doubtful',
    unit: 'findings',
    digits: 0,
    limit: { comparison: 'at most', value: 0 },
    source: `${DOCUMENT}: no upgrade while preprocessing is still being debugged; which findings count is our choice`,
    measure: (subject) => unsettledFindings(subject)?.length ?? null,
    remark: (subject) => [...new Set(unsettledFindings(subject))].join(', '),
  },
  {
    id: 'data_ratio',
    roles: ['from', 'to', 'fallback'],
    decides: { literal: [], measured: [] },
    subject: 'training sequences per parameter',
    unit: 'sequences per parameter',
    digits: 2,
    limit: { comparison: 'at least', value: TARGET_RATIO },
    source: `${DOCUMENT}: below 5 warn, 5 to 10 is the target`,
    measure: ({ evidence, parameters }) => dataRatio(evidence.from.run.trainingTokens, parameters),
  },
  {
    id: 'from_stable',
    roles: ['from'],
    decides: { literal: ['before'], measured: ['before'] },
    subject: 'largest rise of the mean loss above the lowest before it',
    unit: 'nats',
    digits: 2,
    limit: { comparison: 'at most', value: 0.5 },
    source: `${DOCUMENT}: training is stable; ${OURS}: 0.5 nats after the first tenth of the steps`,
    // A run of seconds has hardly a report of its training loss; its evaluations have to do.
    measure: ({ run }) => run && (largestRise(run.steps) ?? largestRise(run.curve.map(byValidation))),
    remark: ({ run }) => (run && largestRise(run.steps) === null ? 'of the validation loss' : ''),
  },
  {
    id: 'from_not_overfitting',
    roles: ['from'],
    decides: { literal: ['before', 'after'], measured: ['before', 'after'] },
    subject: 'gap between training and validation accuracy',
    unit: 'points',
    digits: 1,
    limit: { comparison: 'at most', value: 5 },
    source: `${DOCUMENT}: no upgrade when the gap is above 5 points (overfitting)`,
    measure: gapOf,
  },
  {
    id: 'from_gap',
    roles: ['from'],
    // Once both are trained, how they compare on text that neither has seen says more than the gap of one of them.
    decides: { literal: ['before', 'after'], measured: ['before'] },
    subject: 'gap between training and validation accuracy',
    unit: 'points',
    digits: 1,
    limit: { comparison: 'below', value: 3 },
    source: `${DOCUMENT}: upgrade when the gap is below 3 points`,
    measure: gapOf,
  },
  {
    id: 'from_accuracy',
    roles: ['from'],
    decides: { literal: ['before', 'after'] },
    subject: 'validation accuracy',
    unit: '%',
    digits: 1,
    limit: { comparison: 'at least', value: 35 },
    source: `${DOCUMENT}: no upgrade below 35%; success is 35 to 42%`,
    measure: accuracyOf,
    remark: expectedUpTo(42, '%'),
  },
  {
    id: 'from_beats_baseline',
    roles: ['from'],
    decides: { measured: ['before', 'after'] },
    subject: 'loss of an interpolated trigram model less its own, same held-out text',
    unit: 'nats',
    digits: 3,
    limit: { comparison: 'above', value: 0 },
    source: 'measured rules: stands for the accuracy of 35%, which published word LSTMs of this size do not reach',
    measure: (subject) => {
      const model = comparedFrom(subject);
      const baseline = subject.evidence.comparison?.baseline;
      return model && baseline ? baseline.evaluation.lossNats - model.evaluation.lossNats : null;
    },
    remark: (subject) => {
      const [model, baseline] = [comparedFrom(subject), subject.evidence.comparison?.baseline];
      if (!model || !baseline) return '';
      return `perplexity ${model.evaluation.perplexity.toFixed(1)} against ${baseline.evaluation.perplexity.toFixed(1)}`;
    },
  },
  {
    id: 'from_plateau',
    roles: ['from'],
    decides: { literal: ['before'] },
    subject: 'rise of the best validation accuracy in the last quarter of the run',
    unit: 'points',
    digits: 2,
    limit: { comparison: 'below', value: 0.5 },
    source: `${DOCUMENT}: validation accuracy has plateaued; ${OURS}: 0.5 points`,
    measure: ({ run }) => (run === null ? null : (lateGain(run.curve)?.points ?? null)),
  },
  {
    id: 'from_plateau',
    roles: ['from'],
    decides: { measured: ['before'] },
    subject: 'fall of the best validation loss in the last quarter of the run',
    unit: 'nats',
    digits: 3,
    limit: { comparison: 'below', value: 0.02 },
    source: `measured rules: plateau detected from the curve; ${OURS}: 0.02 nats, 2% of the perplexity`,
    measure: ({ run }) => (run === null ? null : (lateGain(run.curve)?.lossNats ?? null)),
  },
  {
    id: 'candidate_gap',
    roles: CANDIDATES,
    decides: { literal: ['after'], measured: ['after'] },
    subject: 'gap between training and validation accuracy',
    unit: 'points',
    digits: 1,
    limit: { comparison: 'below', value: 5 },
    source: `${DOCUMENT}: success of medium is a gap below 5 points`,
    measure: gapOf,
  },
  {
    id: 'candidate_accuracy',
    roles: ['to'],
    decides: { literal: ['after'] },
    subject: 'validation accuracy',
    unit: '%',
    digits: 1,
    limit: { comparison: 'at least', value: 38 },
    source: `${DOCUMENT}: success of medium is 38 to 48%`,
    measure: accuracyOf,
    remark: expectedUpTo(48, '%'),
  },
  {
    id: 'candidate_improvement',
    roles: ['to'],
    decides: { literal: ['after'] },
    subject: 'validation accuracy above that of the smaller model',
    unit: 'points',
    digits: 1,
    limit: { comparison: 'at least', value: 3 },
    source: `${DOCUMENT}: success of medium is 3 to 6 points over small`,
    measure: (subject) => pointsOverFrom(subject),
    remark: expectedUpTo(6, ' points'),
  },
  {
    id: 'candidate_improvement',
    roles: ['fallback'],
    decides: { literal: ['after'] },
    subject: 'validation accuracy above that of the smaller model',
    unit: 'points',
    digits: 1,
    limit: { comparison: 'above', value: 0 },
    source: `${OURS}: the document suggests intermediate without a number`,
    measure: (subject) => pointsOverFrom(subject),
  },
  {
    id: 'candidate_better',
    roles: CANDIDATES,
    decides: { measured: ['after'] },
    subject: 'lower end of the 95% interval of the loss saved per token, same held-out text',
    unit: 'nats',
    digits: 4,
    limit: { comparison: 'above', value: 0 },
    source: 'measured rules: paired comparison of the loss of each token; stands for the 3 to 6 points',
    measure: (subject) => pairOf(subject)?.gainNats.low ?? null,
    remark: (subject) => {
      const pair = pairOf(subject);
      if (!pair) return '';
      const { estimate, low, high } = pair.gainNats;
      return `mean ${estimate.toFixed(4)}, interval ${low.toFixed(4)} to ${high.toFixed(4)}`;
    },
  },
];

function pointsOverFrom(subject: RuleSubject): number | null {
  const accuracy = accuracyOf(subject);
  return accuracy === null ? null : accuracy - 100 * subject.evidence.from.run.metrics.validation.top1;
}
