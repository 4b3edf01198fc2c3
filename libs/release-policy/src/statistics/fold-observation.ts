import { isPaired, type MetricName } from '../metrics.js';
import type { Observation } from '../observation.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import { betsOnOtherShares, type LogFactors } from './bets.js';
import { addText, eventEvidence, isDrawn, type Evidence } from './evidence.js';
import { logMeanExp, softplus } from './log-domain.js';
import { emptyStage, type MetricStatistics, type ReleaseStatistics, type Sample } from './release-statistics.js';
import { tallied, type Tally } from './tally.js';

/**
 * The statistics after one more observation. The same statistics and observation give the same bits on every machine: sums and
 * products are IEEE, and JavaScript's engine computes logarithms in software.
 *
 * An observation that says nothing is counted as ignored: a later one of a client where clients are the unit, an arm without a
 * drawn share, a value that is not a number.
 */
export function foldObservation(
  policy: ReleasePolicy,
  statistics: ReleaseStatistics,
  observation: Observation,
): ReleaseStatistics {
  const counted = { ...statistics, observations: statistics.observations + 1 };
  const { metric } = observation;
  const isRepeated = policy.unit === 'client' && !observation.firstOfClient;
  const folded = isRepeated
    ? null
    : metric === 'requests'
      ? foldRequests(counted, observation)
      : foldHarm(policy, counted, metric, observation);
  return folded ?? { ...counted, ignored: counted.ignored + 1 };
}

/** null where the observation says nothing. */
function foldHarm(
  policy: ReleasePolicy,
  statistics: ReleaseStatistics,
  metric: MetricName,
  observation: Observation,
): ReleaseStatistics | null {
  const before = statistics.metrics[metric];
  const isWatched = observation.stageIndex >= policy.stages.length;
  const bet = (from: MetricStatistics, evidence: Evidence): MetricStatistics =>
    isWatched ? foldWatched(from, evidence) : foldUnwatched(from, evidence);
  let after: MetricStatistics;
  if (isPaired(metric)) {
    if (Number.isNaN(observation.value)) return null;
    const { block, evidence } = addText(policy, metric, before.block, observation.value);
    after = evidence === null ? { ...before, block } : bet({ ...before, block }, evidence);
  } else {
    const evidence = eventEvidence(policy, metric, observation);
    if (evidence === null) return null;
    after = bet(before, evidence);
  }
  const stage = stageOf(statistics, observation);
  const isCurrent = stage.index === observation.stageIndex;
  return {
    ...statistics,
    metrics: { ...statistics.metrics, [metric]: after },
    stage: isCurrent
      ? { ...stage, observations: { ...stage.observations, [metric]: stage.observations[metric] + 1 } }
      : stage,
  };
}

/** Before promotion: wealths multiply on, from stage to stage. */
function foldUnwatched(before: MetricStatistics, evidence: Evidence): MetricStatistics {
  const rollback = added(before.rollback, evidence.worse);
  return {
    ...before,
    before: sampleWith(before.before, evidence),
    tallies: { ...before.tallies, before: talliedWith(before.tallies.before, evidence) },
    rollback,
    rollbackPeak: Math.max(before.rollbackPeak, logMeanExp(rollback)),
    promotion: added(before.promotion, evidence.notWorse),
  };
}

/**
 * During the watch: a bettor begins with 1 at each observation, and the sum of their wealths, M <- (M + 1) factor, shows that
 * something has changed. Without a change it reaches A after A observations at the earliest, on average.
 * @see Shin, Ramdas & Rinaldo, https://arxiv.org/abs/2203.03532 (e-detectors of the Shiryaev-Roberts kind)
 */
function foldWatched(before: MetricStatistics, evidence: Evidence): MetricStatistics {
  const logs = added(before.detectors, evidence.worse);
  return {
    ...before,
    watch: sampleWith(before.watch, evidence),
    tallies: { ...before.tallies, watch: talliedWith(before.tallies.watch, evidence) },
    detectors: logs.map(softplus),
    watchPeak: Math.max(before.watchPeak, logMeanExp(logs)),
  };
}

/** null where the observation says nothing. */
function foldRequests(statistics: ReleaseStatistics, observation: Observation): ReleaseStatistics | null {
  const { arm, share, value } = observation;
  if (!isDrawn(observation) || !Number.isSafeInteger(value) || value < 1) return null;
  const { requests } = statistics;
  const candidates = arm === 'candidate' ? value : 0;
  const shares = added(requests.shares, betsOnOtherShares(arm === 'candidate', share, value));
  const stage = stageOf(statistics, observation);
  const isCurrent = stage.index === observation.stageIndex;
  return {
    ...statistics,
    requests: {
      n: requests.n + value,
      candidates: requests.candidates + candidates,
      sum: requests.sum + candidates - value * share,
      shares,
      sharesPeak: Math.max(requests.sharesPeak, logMeanExp(shares)),
    },
    stage: isCurrent ? { ...stage, candidateRequests: stage.candidateRequests + candidates } : stage,
  };
}

/** The counts of the observation's stage, new where it is the first of it. One that comes late leaves the stage where it is. */
function stageOf({ stage }: ReleaseStatistics, { stageIndex }: Observation): ReleaseStatistics['stage'] {
  return stageIndex > stage.index ? emptyStage(stageIndex) : stage;
}

function added(logs: readonly number[], factors: LogFactors): number[] {
  return logs.map((log, i) => log + factors[i]!);
}

function talliedWith(tally: Tally, { tally: { at, amount } }: Evidence): Tally {
  return tallied(tally, at, amount);
}

function sampleWith({ n, candidates, sum }: Sample, evidence: Evidence): Sample {
  return { n: n + evidence.count, candidates: candidates + evidence.candidates, sum: sum + evidence.amount };
}
