import { CodedError } from '#errors';
import { METRIC_NAMES } from '../metrics.js';
import { DEFAULT_POLICY } from './default-policy.js';
import { fields, flag, list, number, oneOf, refused, type Reader } from './read-value.js';
import {
  requiredMetrics,
  type EventMetricPolicy,
  type LatencyPolicy,
  type PairedMetricPolicy,
  type ReleasePolicy,
  type StagePolicy,
} from './release-policy.js';

const MAX_STAGES = 20;
const YEAR_SECONDS = 365 * 86_400;
// Sums of decimal budgets are off by some last bits.
const ROUNDING = 1e-12;

const share = number({ min: 0, max: 1 });
const seconds = number({ min: 0, max: YEAR_SECONDS });
const lasting = number({ min: 0, above: true, max: YEAR_SECONDS });
const count = number({ min: 0, max: 1e9, whole: true });
const budgets = {
  budget: number({ min: 0, max: 0.5 }),
  promotionBudget: number({ min: 0, above: true, max: 0.5 }),
  required: flag,
};
const event: Reader<EventMetricPolicy> = fields<EventMetricPolicy>({
  margin: number({ min: 0, max: 100 }),
  ...budgets,
});
const paired: Reader<PairedMetricPolicy> = fields<PairedMetricPolicy>({
  margin: number({ min: 0, above: true, max: 10 }),
  block: number({ min: 1, max: 10_000, whole: true }),
  scale: number({ min: 0, above: true, max: 100 }),
  ...budgets,
});
const latency: Reader<LatencyPolicy> = fields<LatencyPolicy>({
  margin: number({ min: 0, max: 100 }),
  ...budgets,
  limitMs: number({ min: 0, max: 3_600_000 }),
  limitMsPerToken: number({ min: 0, max: 60_000 }),
});

const policyReader: Reader<ReleasePolicy> = fields<ReleasePolicy>({
  mode: oneOf('enforce', 'dry_run', 'off'),
  unit: oneOf('request', 'client'),
  budget: number({ min: 0, above: true, max: 0.5 }),
  stages: list(
    fields<StagePolicy>({
      // A stage with all of the traffic would have nothing to be compared with.
      share: number({ min: 0, max: 0.99 }),
      minSeconds: seconds,
      minObservations: count,
      minRequests: count,
    }),
    MAX_STAGES,
  ),
  watch: fields<ReleasePolicy['watch']>({
    incumbentShare: number({ min: 0, max: 0.5 }),
    seconds,
    minObservations: count,
    averageRunLength: number({ min: 10, max: 1e15 }),
  }),
  metrics: fields<ReleasePolicy['metrics']>({
    paired_loss: paired,
    probe_loss: paired,
    errors: event,
    latency,
    repetition: event,
    empty_output: event,
    truncation: event,
    feedback: event,
  }),
  sampleRatioBudget: number({ min: 0, max: 0.5 }),
  minObservations: count,
  burnInSeconds: seconds,
  maxSeconds: lasting,
  noDataSeconds: lasting,
  gates: fields<ReleasePolicy['gates']>({
    probePerplexityBand: number({ min: 0, above: true, max: 10 }),
    minFreeMemoryMib: number({ min: 0, max: 1e7 }),
  }),
  rollback: fields<ReleasePolicy['rollback']>({
    perDay: number({ min: 0, max: 1_000, whole: true }),
    quarantineSeconds: seconds,
    growth: number({ min: 1, max: 1_000 }),
    maxQuarantineSeconds: seconds,
  }),
  probes: fields<ReleasePolicy['probes']>({ intervalSeconds: lasting }),
  scoring: fields<ReleasePolicy['scoring']>({
    sampleShare: share,
    maxDecodeShare: share,
    minPromptTokens: number({ min: 2, max: 1e6, whole: true }),
    text: oneOf('prompt', 'prompt_and_completion'),
  }),
});

/**
 * Checks a policy that came as JSON. What it leaves out is taken from the default policy; a list of stages stands for all of them.
 *
 * @returns every field, so that a stored policy says all that it is judged by
 * @throws invalid_value or unknown_parameter with the path of the field as `param`
 */
export function parsePolicy(json: unknown): ReleasePolicy {
  const policy = policyReader(json, '', DEFAULT_POLICY);
  checkStages(policy);
  checkMetrics(policy);
  return policy;
}

function checkStages({ stages, watch }: ReleasePolicy): void {
  const first = stages[0]!.share;
  if (first > 0) throw refused('stages[0].share', '0: every release begins in the shadow', first);
  for (const [index, stage] of stages.entries()) {
    const before = stages[index - 1]?.share ?? 0;
    const path = `stages[${index}].share`;
    if (stage.share < before) throw refused(path, `at least ${before}, the share of the stage before`, stage.share);
  }
  const last = stages.at(-1)?.share ?? 0;
  const served = 1 - watch.incumbentShare;
  if (last > served)
    throw refused(
      'watch.incumbentShare',
      `at most ${1 - last}, so that promotion takes nothing away`,
      watch.incumbentShare,
    );
}

function checkMetrics(policy: ReleasePolicy): void {
  const { metrics, budget } = policy;
  for (const name of ['paired_loss', 'probe_loss'] as const) {
    const { margin, scale } = metrics[name];
    if (margin >= scale) throw refused(`metrics.${name}.margin`, `below the scale of ${scale}`, margin);
  }
  if (requiredMetrics(policy).length === 0) {
    const text = 'metrics must have one that is required; with none, nothing would speak for a promotion.';
    throw new CodedError('invalid_value', text, { param: 'metrics' });
  }
  const sum = METRIC_NAMES.reduce((total, name) => total + metrics[name].budget, 0);
  if (sum > budget + ROUNDING) {
    const text = `The budgets of the metrics must add up to at most ${budget}, the budget of the release; got ${sum}. Lower some of them or raise "budget".`;
    throw new CodedError('invalid_value', text, { param: 'budget' });
  }
}
