import type { EventMetric, MetricName, PairedMetric } from '../metrics.js';

/** One step on the way to promotion: how much traffic the candidate gets, and what must be there before the next. */
export interface StagePolicy {
  /** Share of the requests that the candidate serves, 0 to 1: 0 only scores (shadow), more is a canary. */
  readonly share: number;
  /** Seconds that the stage lasts at least. */
  readonly minSeconds: number;
  /** Texts that both versions scored which the stage needs, for each required metric of that kind. */
  readonly minObservations: number;
  /** Requests that the candidate must have answered in this stage. */
  readonly minRequests: number;
}

/** Budgets of one harm. */
interface MetricBudgets {
  /** Chance to roll back a version that is within the margin, for this metric and the whole release; 0 never rolls back. */
  readonly budget: number;
  /** Chance to promote a version that is worse than the margin. Read where the metric is required. */
  readonly promotionBudget: number;
  /** Whether promotion needs evidence that this harm is below the margin. */
  readonly required: boolean;
}

/** A harm that is the difference of two losses of one text. */
export interface PairedMetricPolicy extends MetricBudgets {
  /** Difference in nats per token that is not yet harm. */
  readonly margin: number;
  /**
   * Texts whose mean difference is one bet. More than 1 where neighbouring texts go together (one person, one document): what a run of
   * them says counts once, and harm takes longer to show.
   */
  readonly block: number;
  /** Difference in nats per token at which a bet's difference is cut; above the margin. */
  readonly scale: number;
}

/** A harm that is a bad event, more frequent for the candidate than for the incumbent. */
export interface EventMetricPolicy extends MetricBudgets {
  /** Excess of the candidate's rate over the incumbent's that is not yet harm: 0.5 allows one and a half times as many. */
  readonly margin: number;
}

/** Which requests count as too slow: longer than `limitMs` and `limitMsPerToken` for each token of the answer. */
export interface LatencyPolicy extends EventMetricPolicy {
  readonly limitMs: number;
  readonly limitMsPerToken: number;
}

/** What each metric is judged by. */
export type MetricPolicies = Readonly<Record<PairedMetric, PairedMetricPolicy>> &
  Readonly<Record<Exclude<EventMetric, 'latency'>, EventMetricPolicy>> & { readonly latency: LatencyPolicy };

/** After promotion: the old incumbent stays warm, goes on serving a little and scoring, until a change would have shown. */
export interface WatchPolicy {
  /** Share of the requests that the old incumbent serves, 0 to 1. At 0, events cannot be compared. */
  readonly incumbentShare: number;
  readonly seconds: number;
  /** Texts that both versions scored which a watch needs before it can end well, for each required metric of that kind. */
  readonly minObservations: number;
  /** Observations of one metric after which a detector gives a false alarm, on average at least. */
  readonly averageRunLength: number;
}

/** What is checked before a candidate gets any traffic, and by every probe. */
export interface GatePolicy {
  /** How far the perplexity of the probe text may be from the registered one, as a share of it, either way. */
  readonly probePerplexityBand: number;
  /** Memory in MiB that must be free when the candidate is loaded. */
  readonly minFreeMemoryMib: number;
}

/** Limits of what is rolled back by itself. */
export interface RollbackPolicy {
  /** Automatic rollbacks of a deployment in 24 hours; after that a person is called. */
  readonly perDay: number;
  /** How long a version stays away after its first rollback. */
  readonly quarantineSeconds: number;
  /** How many times longer after each further one. */
  readonly growth: number;
  readonly maxQuarantineSeconds: number;
}

/** Which live texts are scored by both versions. */
export interface ScoringPolicy {
  /** Share of the requests, 0 to 1. */
  readonly sampleShare: number;
  /** Share of decoding time that scoring may take, 0 to 1. */
  readonly maxDecodeShare: number;
  readonly minPromptTokens: number;
  /** `prompt` is text that a person wrote; a completion is likelier to the version that wrote it, which favours that version. */
  readonly text: 'prompt' | 'prompt_and_completion';
}

/** How a release is carried out and judged: plain data, checked by parsePolicy. */
export interface ReleasePolicy {
  /** `dry_run` judges and records without acting; `off` does not judge. */
  readonly mode: 'enforce' | 'dry_run' | 'off';
  /** What an arm is drawn for, and what counts once: a request, or a client that keeps its arm. */
  readonly unit: 'request' | 'client';
  /** Largest sum of the metrics' budgets: chance to roll back a version that is within every margin, before promotion. */
  readonly budget: number;
  readonly stages: readonly StagePolicy[];
  readonly watch: WatchPolicy;
  readonly metrics: MetricPolicies;
  /** Chance to stop a release over the shares of the arms although they are as drawn. */
  readonly sampleRatioBudget: number;
  /** Texts that both versions scored which promotion needs, for each required metric of that kind, all stages together. */
  readonly minObservations: number;
  /** Seconds after a version was loaded in which nothing it does is observed. */
  readonly burnInSeconds: number;
  /** Seconds after which a release that is not decided is held. */
  readonly maxSeconds: number;
  /** Seconds without any observation after which a release is held. */
  readonly noDataSeconds: number;
  readonly gates: GatePolicy;
  readonly rollback: RollbackPolicy;
  readonly probes: { readonly intervalSeconds: number };
  readonly scoring: ScoringPolicy;
}

/** Where a release is: what people call it, and the candidate's share of the requests. */
export interface Stage {
  readonly name: 'shadow' | 'canary' | 'watched';
  readonly share: number;
}

/** The stage with this index: one of the policy's, or the watch that follows them. */
export function stageAt(policy: ReleasePolicy, index: number): Stage {
  const stage = policy.stages[index];
  if (stage === undefined) return { name: 'watched', share: 1 - policy.watch.incumbentShare };
  return { name: stage.share === 0 ? 'shadow' : 'canary', share: stage.share };
}

/** The metrics without whose evidence nothing is promoted. */
export function requiredMetrics(policy: ReleasePolicy): MetricName[] {
  return (Object.keys(policy.metrics) as MetricName[]).filter((name) => policy.metrics[name].required);
}
