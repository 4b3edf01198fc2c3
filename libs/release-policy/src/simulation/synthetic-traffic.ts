import { METRIC_NAMES, isPaired, type EventMetric } from '../metrics.js';
import type { Observation } from '../observation.js';
import { stageAt, type ReleasePolicy } from '../policy/release-policy.js';
import { lossDifferences, type LossShape } from './synthetic-losses.js';
import { SyntheticRandom } from './synthetic-random.js';

/** What a simulated candidate does to simulated requests. */
export interface TrafficModel {
  readonly requestsPerSecond: number;
  /** Candidate less incumbent: mean and standard deviation of a text's loss per token, in nats. */
  readonly shiftNats: number;
  readonly spreadNats: number;
  readonly shape: LossShape;
  /** Share of the requests that are bad events with the incumbent, and how many times as many with the candidate. */
  readonly eventRates: Readonly<Partial<Record<EventMetric, number>>>;
  readonly eventRatios: Readonly<Partial<Record<EventMetric, number>>>;
  /** Whether bad events of both come in storms: twenty times the rate for a twentieth of the time. */
  readonly storms: boolean;
  /** Requests that one client sends in a row, on average; their events go together. 1: every request by itself. */
  readonly requestsPerClient: number;
}

const STORM_FACTOR = 20;
const STORM_SHARE = 1 / 20;
const STORM_REQUESTS = 200;
const EVENT_METRICS = METRIC_NAMES.filter((name): name is EventMetric => !isPaired(name));

/** Requests as they come in: for each, the observations it gives at the stage where the release is. */
export class SyntheticTraffic {
  private readonly random: SyntheticRandom;
  private readonly difference: () => number;
  private readonly eventMetrics: readonly EventMetric[];
  private requests = 0;
  private isStorm = false;
  private client = { draw: 0, isUnlucky: false, seen: new Set<string>() };

  constructor(
    private readonly policy: ReleasePolicy,
    private readonly model: TrafficModel,
    seed: number,
  ) {
    this.random = new SyntheticRandom(seed);
    this.eventMetrics = EVENT_METRICS.filter((name) => (model.eventRates[name] ?? 0) > 0);
    this.difference = lossDifferences(model.shape, this.random);
  }

  /** The next request's observations. A client's arm is drawn once and kept, where clients are the unit. */
  next(stageIndex: number): Observation[] {
    const { random, policy, model } = this;
    const { share } = stageAt(policy, stageIndex);
    const atMs = Math.round((this.requests++ / model.requestsPerSecond) * 1_000);
    this.changeWeather();
    if (random.unit() * model.requestsPerClient < 1) this.changeClient();
    const draw = policy.unit === 'client' ? this.client.draw : random.unit();
    const arm = draw < share ? 'candidate' : 'incumbent';
    const observations: Observation[] = [];
    const add = (metric: Observation['metric'], from: Observation['arm'], value: number): void => {
      const firstOfClient = !this.client.seen.has(metric);
      this.client.seen.add(metric);
      observations.push({ metric, arm: from, share, value, firstOfClient, atMs, stageIndex });
    };
    if (share > 0) add('requests', arm, 1);
    for (const metric of this.eventMetrics) {
      if (random.unit() < this.rateOf(metric, arm) && share > 0) add(metric, arm, 1);
    }
    if (random.unit() < policy.scoring.sampleShare) {
      add('paired_loss', 'both', model.shiftNats + model.spreadNats * this.difference());
    }
    return observations;
  }

  private rateOf(metric: EventMetric, arm: 'candidate' | 'incumbent'): number {
    const { eventRates, eventRatios, storms, requestsPerClient } = this.model;
    const rate = (eventRates[metric] ?? 0) * (arm === 'candidate' ? (eventRatios[metric] ?? 1) : 1);
    const weather = !storms
      ? 1
      : this.isStorm
        ? STORM_FACTOR
        : (1 - STORM_FACTOR * STORM_SHARE * 0.5) / (1 - STORM_SHARE);
    // Where clients go together, all bad events are those of one client in ten.
    const luck = requestsPerClient === 1 ? 1 : this.client.isUnlucky ? 10 : 0;
    return rate * weather * luck;
  }

  private changeWeather(): void {
    const length = this.isStorm ? STORM_REQUESTS : (STORM_REQUESTS * (1 - STORM_SHARE)) / STORM_SHARE;
    if (this.random.unit() * length < 1) this.isStorm = !this.isStorm;
  }

  private changeClient(): void {
    this.client = { draw: this.random.unit(), isUnlucky: this.random.unit() < 0.1, seen: new Set() };
  }
}
