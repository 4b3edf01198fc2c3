import { isPaired, type MetricName } from '../metrics.js';
import type { Observation } from '../observation.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import {
  betsOnFewerEvents,
  betsOnMoreEvents,
  betsOnNotWorse,
  betsOnOtherShares,
  betsOnWorse,
  type LogFactors,
} from './bets.js';
import { logMeanExp, softplus } from './log-domain.js';
import { emptyStage, type MetricStatistics, type ReleaseStatistics, type Sample } from './release-statistics.js';

/** What an observation says for and against the candidate. */
interface Evidence {
  readonly isCandidate: boolean;
  /** Adds to the sample's sum. */
  readonly amount: number;
  readonly worse: LogFactors;
  readonly notWorse: LogFactors;
}

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
  const isRepeated = policy.unit === 'client' && !observation.firstOfClient;
  if (isRepeated) return { ...counted, ignored: counted.ignored + 1 };
  const { metric } = observation;
  if (metric === 'requests') return foldRequests(counted, observation);
  const evidence = evidenceOf(policy, metric, observation);
  if (evidence === null) return { ...counted, ignored: counted.ignored + 1 };
  const folded = observation.stageIndex >= policy.stages.length ? foldWatched : foldUnwatched;
  const stage = stageOf(counted, observation);
  const isCurrent = stage.index === observation.stageIndex;
  return {
    ...counted,
    metrics: { ...counted.metrics, [metric]: folded(counted.metrics[metric], evidence) },
    stage: isCurrent
      ? { ...stage, observations: { ...stage.observations, [metric]: stage.observations[metric] + 1 } }
      : stage,
  };
}

function evidenceOf(policy: ReleasePolicy, metric: MetricName, observation: Observation): Evidence | null {
  if (isPaired(metric)) {
    const { margin, scale } = policy.metrics[metric];
    if (Number.isNaN(observation.value)) return null;
    const x = Math.max(-1, Math.min(1, observation.value / scale));
    const d = margin / scale;
    return { isCandidate: false, amount: x * scale, worse: betsOnWorse(x, d), notWorse: betsOnNotWorse(x, d) };
  }
  if (!isDrawn(observation)) return null;
  const { share } = observation;
  const isCandidate = observation.arm === 'candidate';
  const { margin } = policy.metrics[metric];
  return {
    isCandidate,
    amount: (isCandidate ? 1 : 0) - share,
    worse: betsOnMoreEvents(isCandidate, share, margin),
    notWorse: betsOnFewerEvents(isCandidate, share, margin),
  };
}

/** Before promotion: wealths multiply on, from stage to stage. */
function foldUnwatched(before: MetricStatistics, evidence: Evidence): MetricStatistics {
  const rollback = added(before.rollback, evidence.worse);
  return {
    ...before,
    before: sampleWith(before.before, evidence),
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
    detectors: logs.map(softplus),
    watchPeak: Math.max(before.watchPeak, logMeanExp(logs)),
  };
}

function foldRequests(statistics: ReleaseStatistics, observation: Observation): ReleaseStatistics {
  const { arm, share, value } = observation;
  if (!isDrawn(observation) || !Number.isSafeInteger(value) || value < 1) {
    return { ...statistics, ignored: statistics.ignored + 1 };
  }
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

/** Whether the arm was drawn with a share that leaves both possible. */
function isDrawn({ arm, share }: Observation): boolean {
  return arm !== 'both' && share > 0 && share < 1;
}

function added(logs: readonly number[], factors: LogFactors): number[] {
  return logs.map((log, i) => log + factors[i]!);
}

function sampleWith({ n, candidates, sum }: Sample, { isCandidate, amount }: Evidence): Sample {
  return { n: n + 1, candidates: candidates + (isCandidate ? 1 : 0), sum: sum + amount };
}
