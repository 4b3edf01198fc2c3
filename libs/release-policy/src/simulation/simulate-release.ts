import { decide } from '../decision/decide.js';
import type { Situation, Verdict } from '../decision/verdict.js';
import type { Observation } from '../observation.js';
import type { ReleasePolicy } from '../policy/release-policy.js';
import { foldObservation } from '../statistics/fold-observation.js';
import { initialState } from '../statistics/release-statistics.js';
import { SyntheticTraffic, type TrafficModel } from './synthetic-traffic.js';

/** How a simulated release ended. */
export interface SimulatedRelease {
  readonly outcome: 'rolled_back' | 'promoted' | 'held';
  /** Index of the stage in which it ended. */
  readonly stageIndex: number;
  readonly seconds: number;
  readonly requests: number;
  /** Texts that both versions scored. */
  readonly texts: number;
  readonly verdict: Verdict;
}

/** How often the judge decides. */
const JUDGED_EVERY_SECONDS = 1;

/** Carries one release out on simulated traffic, as the judge would: until it is promoted, rolled back or held. */
export function simulateRelease(policy: ReleasePolicy, model: TrafficModel, seed: number): SimulatedRelease {
  const traffic = new SyntheticTraffic(policy, model, seed);
  const counts = new RequestCounts();
  let statistics = initialState();
  let [stageIndex, stageBegan, requests, judged, lastData] = [0, 0, 0, 0, 0];
  for (;;) {
    requests++;
    const now = requests / model.requestsPerSecond;
    const observations = traffic.next(stageIndex);
    for (const observation of observations) {
      if (policy.unit === 'request' && observation.metric === 'requests') counts.add(observation);
      else statistics = foldObservation(policy, statistics, observation);
    }
    if (observations.length > 0) lastData = now;
    if (now - judged < JUDGED_EVERY_SECONDS) continue;
    judged = now;
    for (const observation of counts.take()) statistics = foldObservation(policy, statistics, observation);
    const situation: Situation = {
      stageIndex,
      secondsInStage: now - stageBegan,
      secondsOpen: now,
      secondsWithoutData: now - lastData,
      failedGates: { candidate: [], incumbent: [] },
    };
    const verdict = decide(policy, statistics, situation);
    if (verdict.action === 'continue') continue;
    if (verdict.action === 'advance') {
      stageIndex++;
      stageBegan = now;
      continue;
    }
    const texts = statistics.metrics.paired_loss.before.n;
    const outcome = verdict.action === 'roll_back' ? 'rolled_back' : verdict.action === 'promote' ? 'promoted' : 'held';
    return { outcome, stageIndex, seconds: now, requests, texts, verdict };
  }
}

/** Requests of each arm since the last time, as a replica counts them. */
class RequestCounts {
  private readonly byArm = new Map<Observation['arm'], Observation>();

  add(observation: Observation): void {
    const before = this.byArm.get(observation.arm)?.value ?? 0;
    this.byArm.set(observation.arm, { ...observation, value: before + observation.value });
  }

  /** They all come from one stage: it only changes after they were taken. */
  take(): Observation[] {
    const counted = [...this.byArm.values()];
    this.byArm.clear();
    return counted;
  }
}
