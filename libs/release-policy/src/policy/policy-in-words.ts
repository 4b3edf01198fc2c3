import { isPaired, METRIC_NAMES, type MetricName } from '../metrics.js';
import { requiredMetrics, stageAt, type ReleasePolicy, type StagePolicy } from './release-policy.js';

const MODES: Readonly<Record<ReleasePolicy['mode'], string>> = {
  enforce: 'Decisions are carried out.',
  dry_run: 'Dry run: decisions are written down and not carried out.',
  off: 'Nothing is judged: the release goes on only where a person takes it.',
};

/** What a policy comes to, a sentence each, for people who decide whether they want it. */
export function policyInWords(policy: ReleasePolicy): readonly string[] {
  return [
    MODES[policy.mode],
    ...chances(policy),
    ...policy.stages.map((stage, index) => stageSentence(policy, stage, index)),
    promotionSentence(policy),
    watchSentence(policy),
    ...METRIC_NAMES.map((name) => metricSentence(policy, name)),
    ...limits(policy),
  ];
}

function chances(policy: ReleasePolicy): string[] {
  const { metrics, watch } = policy;
  const rollback = METRIC_NAMES.reduce((sum, name) => sum + metrics[name].budget, 0);
  const promotion = Math.max(...requiredMetrics(policy).map((name) => metrics[name].promotionBudget));
  return [
    `Chance of a false rollback at most ${percent(rollback)}: of a version that is within every margin, in the whole release before promotion.`,
    `Chance of a false promotion at most ${percent(promotion)}: of a version that is worse than the margin of a metric that promotion waits for.`,
    `After promotion a metric raises a false alarm once in ${watch.averageRunLength.toLocaleString('en')} observations at most, on average.`,
  ];
}

function stageSentence(policy: ReleasePolicy, stage: StagePolicy, index: number): string {
  const { name, share } = stageAt(policy, index);
  const traffic =
    name === 'shadow'
      ? 'shadow, the candidate answers nobody and is only scored'
      : `canary, the candidate answers ${percent(share)} of the requests`;
  const needs = [
    stage.minSeconds > 0 ? duration(stage.minSeconds) : '',
    stage.minObservations > 0 ? `${stage.minObservations} texts scored by both versions` : '',
    stage.minRequests > 0 ? `${stage.minRequests} requests answered by it` : '',
  ].filter((need) => need !== '');
  return `Stage ${index + 1}: ${traffic}${needs.length === 0 ? '.' : `, for at least ${needs.join(', ')}.`}`;
}

function promotionSentence(policy: ReleasePolicy): string {
  const names = requiredMetrics(policy).join(', ');
  return `Promotion after the last stage, once ${names} ${names.includes(',') ? 'are' : 'is'} shown to be below the margin and ${policy.minObservations} texts were scored by both versions.`;
}

function watchSentence({ watch }: ReleasePolicy): string {
  return `Watched for ${duration(watch.seconds)} after promotion: the version before answers ${percent(watch.incumbentShare)} of the requests, and ${watch.minObservations} texts must have been scored before the watch ends.`;
}

function metricSentence(policy: ReleasePolicy, name: MetricName): string {
  const { margin, budget } = policy.metrics[name];
  const harm = isPaired(name)
    ? `more than ${margin} nats per token above the incumbent's loss`
    : `more than ${Number((1 + margin).toFixed(6))} times the incumbent's rate`;
  return budget === 0 ? `${name} is shown and never rolls back.` : `${name} rolls back when it is ${harm}.`;
}

function limits({ rollback, maxSeconds, noDataSeconds, unit, scoring }: ReleasePolicy): string[] {
  return [
    ...(unit === 'client' ? ['A client keeps its version, and counts once.'] : []),
    `At most ${percent(scoring.sampleShare)} of the requests are scored by both versions, in at most ${percent(scoring.maxDecodeShare)} of the decoding time.`,
    `Held for a person when undecided after ${duration(maxSeconds)}; held until observations come after ${duration(noDataSeconds)} without any.`,
    `Rolled back by itself at most ${rollback.perDay} times in 24 hours; what was rolled back stays away for ${duration(rollback.quarantineSeconds)} at first, ${rollback.growth} times longer each time, up to ${duration(rollback.maxQuarantineSeconds)}.`,
  ];
}

/** Up to four digits: 0.0005 is 0.05%. */
function percent(share: number): string {
  return `${Number((100 * share).toPrecision(4))}%`;
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** In the largest unit of which it is a whole number. */
function duration(seconds: number): string {
  const [length, name] = UNITS.find(([unit]) => seconds > 0 && seconds % unit === 0) ?? [1, 'second'];
  const count = seconds / length;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
