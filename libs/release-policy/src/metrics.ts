/**
 * How a metric is judged: `paired` by the same text scored by both versions, `event` by the arm that a bad event came from.
 */
type MetricKind = 'paired' | 'event';

/** Every harm that a release is judged by: how, and what one observation is. */
export const METRICS = {
  paired_loss: { kind: 'paired', meaning: 'mean loss per token of a live text: candidate less incumbent, in nats' },
  probe_loss: {
    kind: 'paired',
    meaning: 'mean loss per token of a held-out text drawn at random: candidate less incumbent, in nats',
  },
  errors: { kind: 'event', meaning: 'a request that failed by fault of the server' },
  latency: { kind: 'event', meaning: 'a request that took longer than the limit' },
  repetition: { kind: 'event', meaning: 'a completion that repeats itself' },
  empty_output: { kind: 'event', meaning: 'a completion without text' },
  truncation: { kind: 'event', meaning: 'a completion that was cut at its largest length' },
  feedback: { kind: 'event', meaning: 'a completion that its reader rejected' },
} as const satisfies Record<string, { readonly kind: MetricKind; readonly meaning: string }>;

/** A harm that a release is judged by. */
export type MetricName = keyof typeof METRICS;

/** The metrics of one kind. */
type MetricOfKind<Kind extends MetricKind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** A metric of the same text, scored by both versions. */
export type PairedMetric = MetricOfKind<'paired'>;

/** A metric of bad events, each with the arm that it came from. */
export type EventMetric = MetricOfKind<'event'>;

/** Names of all metrics, in the order in which they are listed and checked. */
export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** Whether a metric is judged by texts that both versions scored. */
export function isPaired(metric: MetricName): metric is PairedMetric {
  return METRICS[metric].kind === 'paired';
}
