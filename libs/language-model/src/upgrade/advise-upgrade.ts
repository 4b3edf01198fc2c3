import { architectureOf, countParameters } from '../model/architecture.js';
import { dataRatio, tokensMissing, vocabularySizeOf } from './data-ratio.js';
import type { ModelRole } from './model-comparison.js';
import { timelineOf } from './timeline.js';
import type {
  DataRatio,
  PresetEvidence,
  RuleLimit,
  RuleOutcome,
  RuleResult,
  RuleSet,
  RuleSetAdvice,
  UpgradeAdvice,
  UpgradeEvidence,
  UpgradeVerdict,
} from './upgrade-report.js';
import { UPGRADE_POLICY, type Rule, type RuleSubject, type Stage } from './upgrade-policy.js';

/**
 * Applies both rule sets to what was measured. Pure: the same evidence gives the same advice.
 *
 * @example
 * adviseUpgrade(evidence, 'measured').verdict; // 'keep_small'
 */
export function adviseUpgrade(evidence: UpgradeEvidence, policy: RuleSet): UpgradeAdvice {
  const stage: Stage = evidence.to.run === null ? 'before' : 'after';
  const subjects = subjectsOf(evidence);
  const ratios = subjects.map(ratioOf);
  const judge = (ruleSet: RuleSet): Judgement => judgeBy(ruleSet, stage, subjects, ratios);
  const judgements = { literal: judge('literal'), measured: judge('measured') };
  const { advice, triesFallback } = judgements[policy];
  const { verdict } = advice;
  return {
    stage,
    policy,
    verdict,
    tokensNeeded: verdict === 'collect_more_data' ? missingFor(ratios, 'to') : 0,
    next: stage === 'before' && verdict === 'upgrade' ? 'to' : triesFallback ? 'fallback' : 'nothing',
    ruleSets: { literal: judgements.literal.advice, measured: judgements.measured.advice },
    ratios,
    timeline: timelineOf(evidence),
  };
}

function subjectsOf(evidence: UpgradeEvidence): RuleSubject[] {
  const { from, to, fallback } = evidence;
  const vocabularySize = vocabularySizeOf(from.run.parameters, from.hyperparameters);
  const subject = (role: ModelRole, model: PresetEvidence): RuleSubject => {
    const planned = countParameters(architectureOf(model.hyperparameters, vocabularySize));
    return { evidence, role, model, run: model.run, parameters: model.run?.parameters ?? planned };
  };
  return [subject('from', from), subject('to', to), ...(fallback === null ? [] : [subject('fallback', fallback)])];
}

function ratioOf({ evidence, role, model, parameters }: RuleSubject): DataRatio {
  const trainingSequences = evidence.from.run.trainingTokens;
  return {
    role,
    preset: model.preset,
    parameters,
    trainingSequences,
    ratio: dataRatio(trainingSequences, parameters),
    tokensMissing: tokensMissing(trainingSequences, parameters),
  };
}

const missingFor = (ratios: readonly DataRatio[], role: ModelRole): number =>
  ratios.find((ratio) => ratio.role === role)?.tokensMissing ?? 0;

const UNMET: ReadonlySet<RuleOutcome> = new Set(['fail', 'warn']);

interface Judgement {
  readonly advice: RuleSetAdvice;
  /** The bigger model failed, the one in between was not tried. */
  readonly triesFallback: boolean;
}

interface Applied {
  readonly result: RuleResult;
  /** The verdict of this stage needs it. */
  readonly decides: boolean;
}

function judgeBy(
  ruleSet: RuleSet,
  stage: Stage,
  subjects: readonly RuleSubject[],
  ratios: readonly DataRatio[],
): Judgement {
  const applied = subjects.flatMap((subject) =>
    UPGRADE_POLICY.filter((rule) => rule.decides[ruleSet] !== undefined && isAbout(rule, subject)).map((rule) =>
      apply(rule, subject, rule.decides[ruleSet]?.includes(stage) ?? false),
    ),
  );
  const unmet = (role: ModelRole): RuleResult[] =>
    applied
      .filter(({ result, decides }) => decides && result.role === role && result.outcome !== 'pass')
      .map((one) => one.result);
  const failed = (results: readonly RuleResult[], ...rules: readonly string[]): boolean =>
    results.some(({ rule, outcome }) => outcome === 'fail' && rules.includes(rule));
  const from = unmet('from');
  const [to, fallback] = stage === 'after' ? [unmet('to'), unmet('fallback')] : [[], []];
  const hasFallback = subjects.some(({ role, run }) => role === 'fallback' && run !== null);
  const canTry = subjects.some(({ role, run }) => role === 'fallback' && run === null);
  const isShortOfData = missingFor(ratios, 'to') > 0;
  const decide = (): UpgradeVerdict => {
    if (from.length > 0) {
      const overfits = failed(from, 'from_not_overfitting');
      // A model that is still getting better wants more steps before it wants more text.
      const isDone = !applied.some(({ result }) => result.rule === 'from_plateau' && UNMET.has(result.outcome));
      const isPoor = failed(from, 'from_accuracy', 'from_beats_baseline');
      return isShortOfData && (overfits || (isPoor && isDone)) ? 'collect_more_data' : 'keep_small';
    }
    if (to.length === 0) return 'upgrade';
    if (hasFallback && fallback.length === 0) return 'use_intermediate';
    return isShortOfData && failed([...to, ...fallback], 'candidate_gap') ? 'collect_more_data' : 'keep_small';
  };
  const verdict = decide();
  const advice: RuleSetAdvice = {
    ruleSet,
    verdict,
    reasons: reasonsFor(verdict, stage, [...from, ...to, ...fallback], ratios),
    rules: applied.map(({ result }) => result),
  };
  return { advice, triesFallback: from.length === 0 && failed(to, ...to.map(({ rule }) => rule)) && canTry };
}

/** A model that was not trained has nothing to measure but its size. */
function isAbout(rule: Rule, { role, run }: RuleSubject): boolean {
  return rule.roles.includes(role) && (run !== null || rule.id === 'data_ratio');
}

function apply(rule: Rule, subject: RuleSubject, decides: boolean): Applied {
  const value = rule.measure(subject);
  const holds = value !== null && meets(value, rule.limit);
  const { preset } = subject.model;
  const limit = `${rule.limit.comparison} ${rule.limit.value}${unitOf(rule)}`;
  const remark = value === null ? '' : (rule.remark?.(subject, value) ?? '');
  const found =
    value === null
      ? `was not measured; it should be ${limit}`
      : `${value.toFixed(rule.digits)}${unitOf(rule)}, ${holds ? 'as it should be:' : 'but should be'} ${limit}`;
  return {
    decides,
    result: {
      rule: rule.id,
      role: subject.role,
      preset,
      subject: rule.subject,
      value,
      limit: rule.limit,
      unit: rule.unit,
      outcome: value === null ? 'unknown' : holds ? 'pass' : decides ? 'fail' : 'warn',
      detail: `${preset}: ${rule.subject}: ${found}${remark === '' ? '' : ` (${remark})`}.`,
      source: rule.source,
    },
  };
}

function unitOf({ unit }: Rule): string {
  return unit === '%' ? '%' : unit === 'points' || unit === 'nats' ? ` ${unit}` : '';
}

function meets(value: number, limit: RuleLimit): boolean {
  switch (limit.comparison) {
    case 'above':
      return value > limit.value;
    case 'at least':
      return value >= limit.value;
    case 'below':
      return value < limit.value;
    case 'at most':
      return value <= limit.value;
  }
}

function reasonsFor(
  verdict: UpgradeVerdict,
  stage: Stage,
  unmet: readonly RuleResult[],
  ratios: readonly DataRatio[],
): string[] {
  const to = ratios.find(({ role }) => role === 'to')!;
  const missing = `${to.preset} has ${to.ratio.toFixed(1)} training sequences per parameter; ${to.tokensMissing.toLocaleString('en')} more training tokens (${((100 * to.tokensMissing) / to.trainingSequences).toFixed(0)}%) would make it 5.`;
  const shortOfData = to.tokensMissing > 0 ? [missing] : [];
  const details = unmet.map(({ detail }) => detail);
  switch (verdict) {
    case 'upgrade':
      return stage === 'before'
        ? [`Every rule about ${ratios[0]!.preset} holds: ${to.preset} is worth training.`, ...shortOfData]
        : [`Every rule holds: ${to.preset} is better than ${ratios[0]!.preset} and does not overfit.`, ...shortOfData];
    case 'collect_more_data':
    case 'use_intermediate':
    case 'keep_small':
      return [...details, ...shortOfData];
  }
}
