import { isPaired, METRIC_NAMES, METRICS, type MetricName } from '../metrics.js';
import { requiredMetrics, type ReleasePolicy } from '../policy/release-policy.js';
import { logMeanExp } from '../statistics/log-domain.js';
import type { ReleaseStatistics } from '../statistics/release-statistics.js';
import { logBound, logWatchBound } from '../statistics/bounds.js';
import type { Reason, ReasonCode, Situation, Verdict } from './verdict.js';

/** Wealth that is no proof of harm, and enough to take no further step while it lasts. */
const SUSPICION = 10;

/**
 * What follows from everything seen so far. It depends on nothing but its arguments, and harm that was shown once stays shown: it makes no
 * difference after how many observations it is asked.
 */
export function decide(policy: ReleasePolicy, statistics: ReleaseStatistics, situation: Situation): Verdict {
  if (policy.mode === 'off')
    return verdict('continue', [reason('judging_off', 'The policy says that nothing is judged.')]);
  return (
    judgeHarm(policy, statistics, situation) ??
    judgeTraffic(policy, statistics, situation) ??
    (situation.stageIndex < policy.stages.length
      ? judgeStage(policy, statistics, situation)
      : judgeWatch(policy, statistics, situation))
  );
}

/** Whether the candidate must leave; null where nothing says so. */
function judgeHarm(policy: ReleasePolicy, statistics: ReleaseStatistics, { failedGates }: Situation): Verdict | null {
  const gates = failedGates.candidate.map((message) => reason('gate_failed', message));
  const harms = METRIC_NAMES.flatMap((name) => harmsOf(policy, statistics, name));
  const reasons = [...gates, ...harms];
  if (reasons.length === 0) return null;
  if (failedGates.incumbent.length === 0) return verdict('roll_back', reasons);
  const unhealthy = failedGates.incumbent.map((message) =>
    reason('incumbent_unhealthy', `There is nothing to go back to: ${message}`),
  );
  return verdict('hold', [...unhealthy, ...reasons]);
}

function harmsOf(policy: ReleasePolicy, { metrics }: ReleaseStatistics, name: MetricName): Reason[] {
  const { rollbackPeak, watchPeak, before, watch } = metrics[name];
  const { budget } = policy.metrics[name];
  const bound = logBound(budget);
  const watchBound = logWatchBound(policy, name);
  const reasons: Reason[] = [];
  if (rollbackPeak >= bound) {
    const text = `${name} (${METRICS[name].meaning}) is worse than its margin of ${policy.metrics[name].margin}: the chance of seeing this without such harm is at most ${budget}, after ${before.n} observations.`;
    reasons.push(reason('worse', text, name, rollbackPeak, bound));
  }
  if (watchPeak >= watchBound) {
    const text = `${name} (${METRICS[name].meaning}) became worse than its margin of ${policy.metrics[name].margin}: without such a change this comes once in ${policy.watch.averageRunLength.toLocaleString('en')} observations or less often; seen after ${watch.n} of the watch.`;
    reasons.push(reason('changed', text, name, watchPeak, watchBound));
  }
  return reasons;
}

/** Whether what comes in can be relied on; null where it can. */
function judgeTraffic(policy: ReleasePolicy, { requests }: ReleaseStatistics, situation: Situation): Verdict | null {
  const bound = logBound(policy.sampleRatioBudget);
  const imbalance = logMeanExp(requests.shares);
  if (imbalance >= bound) {
    const text = `The candidate answered ${requests.candidates} of ${requests.n} requests, ${Math.abs(requests.sum).toFixed(1)} ${requests.sum < 0 ? 'fewer' : 'more'} than its share: arms are not drawn as written down, so no comparison of them holds. Abort this release, find the cause and open another.`;
    return verdict('hold', [reason('arms_unbalanced', text, 'requests', imbalance, bound)]);
  }
  if (situation.secondsWithoutData < policy.noDataSeconds) return null;
  const text = `Nothing was observed for ${Math.floor(situation.secondsWithoutData)} seconds; the limit is ${policy.noDataSeconds}. It goes on when observations come.`;
  return resuming([reason('no_data', text, null, situation.secondsWithoutData, policy.noDataSeconds)]);
}

/** On the way to promotion. */
function judgeStage(policy: ReleasePolicy, statistics: ReleaseStatistics, situation: Situation): Verdict {
  const missing = [...missingOfStage(policy, statistics, situation), ...suspicions(policy, statistics)];
  const isLast = situation.stageIndex === policy.stages.length - 1;
  if (missing.length === 0 && !isLast) {
    return verdict('advance', [reason('stage_finished', 'The stage has lasted as long and seen as much as it needs.')]);
  }
  const promotion = isLast ? judgePromotion(policy, statistics) : { shown: [], missing: [] };
  const open = [...missing, ...promotion.missing];
  if (open.length === 0) return verdict('promote', promotion.shown);
  if (situation.secondsOpen >= policy.maxSeconds) {
    const text = `Undecided after ${Math.floor(situation.secondsOpen)} seconds; the limit is ${policy.maxSeconds}. Promote, abort, or let it go on.`;
    return verdict('hold', [reason('time_limit', text, null, situation.secondsOpen, policy.maxSeconds), ...open]);
  }
  return verdict('continue', open);
}

function missingOfStage(policy: ReleasePolicy, { stage }: ReleaseStatistics, situation: Situation): Reason[] {
  const { minSeconds, minObservations, minRequests } = policy.stages[situation.stageIndex]!;
  const isCurrent = stage.index === situation.stageIndex;
  const fewest = fewestTexts(policy, (name) => (isCurrent ? stage.observations[name] : 0));
  const requests = isCurrent ? stage.candidateRequests : 0;
  return [
    ...unfinished('stage_unfinished', 'seconds of this stage', situation.secondsInStage, minSeconds),
    ...unfinished('stage_unfinished', 'texts scored by both versions in this stage', fewest, minObservations),
    ...unfinished('stage_unfinished', 'requests answered by the candidate in this stage', requests, minRequests),
  ];
}

/** Harms that look likely at the moment: more traffic or a promotion would be a bet against them. */
function suspicions(policy: ReleasePolicy, { metrics }: ReleaseStatistics): Reason[] {
  return METRIC_NAMES.filter((name) => policy.metrics[name].budget > 0).flatMap((name) => {
    const value = logMeanExp(metrics[name].rollback);
    if (value < Math.log(SUSPICION)) return [];
    const text = `${name} looks worse than its margin of ${policy.metrics[name].margin}, not yet beyond doubt: log-wealth ${value.toFixed(2)} of ${logBound(policy.metrics[name].budget).toFixed(2)}.`;
    return [reason('suspected', text, name, value, Math.log(SUSPICION))];
  });
}

/** What speaks for promotion, and what is missing for it. */
function judgePromotion(policy: ReleasePolicy, { metrics }: ReleaseStatistics): Record<'shown' | 'missing', Reason[]> {
  const fewest = fewestTexts(policy, (name) => metrics[name].before.n);
  const missing = unfinished('not_shown', 'texts scored by both versions', fewest, policy.minObservations);
  const shown: Reason[] = [];
  for (const name of requiredMetrics(policy)) {
    const { margin, promotionBudget } = policy.metrics[name];
    const value = logMeanExp(metrics[name].promotion);
    const bound = logBound(promotionBudget);
    if (value >= bound) {
      const text = `${name} is below its margin of ${margin}: the chance of seeing this with such harm is at most ${promotionBudget}, after ${metrics[name].before.n} observations.`;
      shown.push(reason('not_worse', text, name, value, bound));
    } else {
      const text = `It is not shown yet that ${name} is below its margin of ${margin}: log-wealth ${value.toFixed(2)} of ${bound.toFixed(2)} after ${metrics[name].before.n} observations.`;
      missing.push(reason('not_shown', text, name, value, bound));
    }
  }
  return { shown, missing };
}

/** After promotion. */
function judgeWatch(policy: ReleasePolicy, { metrics }: ReleaseStatistics, situation: Situation): Verdict {
  const { seconds, minObservations } = policy.watch;
  const time = unfinished('watching', 'seconds of the watch', situation.secondsInStage, seconds);
  if (time.length > 0) return verdict('continue', time);
  const texts = fewestTexts(policy, (name) => metrics[name].watch.n);
  const missing = unfinished('no_data', 'texts scored by both versions during the watch', texts, minObservations);
  if (missing.length > 0) return resuming(missing);
  return verdict('complete', [reason('watch_finished', `No change was seen in ${seconds} seconds after promotion.`)]);
}

/** The smallest count over the required metrics of texts; infinite where there is none. */
function fewestTexts(policy: ReleasePolicy, countOf: (name: MetricName) => number): number {
  return Math.min(...requiredMetrics(policy).filter(isPaired).map(countOf));
}

function unfinished(code: ReasonCode, what: string, value: number, bound: number): Reason[] {
  return value >= bound ? [] : [reason(code, `${Math.floor(value)} of ${bound} ${what}.`, null, value, bound)];
}

function reason(
  code: ReasonCode,
  message: string,
  metric: Reason['metric'] = null,
  value: number | null = null,
  bound: number | null = null,
): Reason {
  return { code, metric, message, value, bound };
}

function verdict(action: Verdict['action'], reasons: readonly Reason[]): Verdict {
  return { action, resumes: false, reasons };
}

function resuming(reasons: readonly Reason[]): Verdict {
  return { action: 'hold', resumes: true, reasons };
}
