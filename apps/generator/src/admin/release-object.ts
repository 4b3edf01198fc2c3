import { estimate, explain, policyInWords, type Explanation, type MetricEstimate } from '#release-policy';
import type { Release, ReleaseCase, ReleaseEvent, ServingPeriod, TimelineEntry } from '#registry/releases';
import type { Schema } from '../error-docs.js';
import { nextStep } from '../releases/next-step.js';
import { unixSeconds } from '../unix-seconds.js';
import { about, arrayOf, FIELD, fieldsSchema, nullable, objectSchema, oneOf } from './admin-docs.js';

const STATES = ['shadow', 'canary', 'watched', 'held', 'completed', 'rolled_back', 'superseded', 'aborted'];
const VERDICTS = ['continue', 'advance', 'promote', 'complete', 'roll_back', 'hold'];

const RELEASE_FIELDS = {
  id: FIELD.text,
  deployment: FIELD.text,
  candidate: FIELD.text,
  incumbent: about(FIELD.text, 'What the candidate is compared with, and what a rollback goes back to.'),
  state: oneOf(STATES),
  stage: about(oneOf(['shadow', 'canary', 'watched']), 'Also while it is held, and the one that it ended in.'),
  stage_index: FIELD.count,
  share: about(FIELD.number, 'Probability with which a request is served by the candidate.'),
  policy: fieldsSchema({ name: FIELD.text, version: about(FIELD.count, '0: the one that is built in.') }),
  observations: about(FIELD.count, 'How many it was judged by so far.'),
  observed_at: nullable(FIELD.time),
  opened_at: FIELD.time,
  opened_by: FIELD.text,
  stage_since: FIELD.time,
  promoted_at: nullable(FIELD.time),
  held_at: nullable(FIELD.time),
  resumes: nullable(about(FIELD.flag, 'Of a held one: whether it goes on by itself once what holds it is over.')),
  paused_at: nullable(FIELD.time),
  paused_by: nullable(FIELD.text),
  ended_at: nullable(FIELD.time),
  reason: nullable(about(FIELD.text, 'Why it was opened, is held or ended.')),
};

/** A release, as it stands in lists. */
export const RELEASE = objectSchema('release', RELEASE_FIELDS);

const DISTANCE_FIELDS = {
  wealth: about(FIELD.number, 'Of the bets that the decision is right.'),
  peak: about(FIELD.number, 'The largest wealth that there has been.'),
  bound: nullable(about(FIELD.number, 'The wealth that decides; null where the decision can never come.')),
  missing_nats: nullable(about(FIELD.number, 'What is missing, as a logarithm; 0 when decided.')),
};
const DISTANCE = fieldsSchema(DISTANCE_FIELDS);
const DISTANCE_IN_UNITS = fieldsSchema({
  ...DISTANCE_FIELDS,
  shown: nullable(
    about(
      FIELD.number,
      'In the unit: harm is above this (rollback) or below it (promotion), by the evidence that it asks for.',
    ),
  ),
  distance: nullable(about(FIELD.number, 'From there to the limit, in the unit; 0 or less once decided.')),
});

const INTERVAL = nullable(
  about(
    fieldsSchema({ lower: FIELD.number, upper: nullable(FIELD.number), level: FIELD.number }),
    'Holds the true value with this chance at all times at once; upper is null where nothing bounds it. null: nothing was seen.',
  ),
);

const ESTIMATE = nullable(
  about(FIELD.number, 'In the unit; null where nothing was seen or the incumbent has no event to be compared with.'),
);

const REASON = fieldsSchema({
  code: FIELD.text,
  metric: nullable(FIELD.text),
  message: FIELD.text,
  value: nullable(FIELD.number),
  bound: nullable(FIELD.number),
});

const METRIC = fieldsSchema({
  metric: FIELD.text,
  meaning: FIELD.text,
  margin: FIELD.number,
  required: about(FIELD.flag, 'Whether promotion waits for it.'),
  n: FIELD.count,
  mean: nullable(FIELD.number),
  unit: about(oneOf(['nats_per_token', 'times']), 'Difference of losses, or how many times as often as the incumbent.'),
  limit: about(FIELD.number, 'In the unit: what is above is harm.'),
  estimate: ESTIMATE,
  interval: INTERVAL,
  rollback: DISTANCE_IN_UNITS,
  promotion: DISTANCE_IN_UNITS,
  watch: fieldsSchema({
    n: FIELD.count,
    mean: nullable(FIELD.number),
    change: DISTANCE,
    estimate: ESTIMATE,
    interval: INTERVAL,
  }),
});

/** A release with all that it is judged by. */
export const EXPLAINED_RELEASE = objectSchema('release', {
  ...RELEASE_FIELDS,
  gates: nullable(about(FIELD.anything, 'What the hard gates measured; null until the candidate has passed them.')),
  policy_document: about(FIELD.anything, 'The policy as it was when the release was opened.'),
  policy_in_words: about(arrayOf(FIELD.text), 'What the policy comes to, a sentence each.'),
  next: about(
    fieldsSchema({
      action: nullable(
        about(oneOf(VERDICTS), 'What the evidence says now; continue is to wait. null of one that has ended.'),
      ),
      needs_person: about(FIELD.flag, 'Whether nothing goes on before a person does something.'),
      message: FIELD.text,
      reasons: arrayOf(REASON),
    }),
    'What it waits for.',
  ),
  last_event: nullable(
    about(
      fieldsSchema({ id: FIELD.text, at: FIELD.time, kind: FIELD.text, actor: FIELD.text, message: FIELD.text }),
      'What was done last, and why.',
    ),
  ),
  ignored: about(FIELD.count, 'Observations that came too late or counted for a client already.'),
  requests: fieldsSchema({
    n: FIELD.count,
    candidates: FIELD.count,
    excess: about(FIELD.number, 'How many the candidate answered beyond its share.'),
    imbalance: DISTANCE,
  }),
  metrics: arrayOf(METRIC),
});

/** Something that happened in a release. */
export const RELEASE_EVENT: Schema = objectSchema('release_event', {
  id: FIELD.text,
  at: FIELD.time,
  release: FIELD.text,
  kind: FIELD.text,
  actor: FIELD.text,
  message: about(FIELD.text, 'What happened and why.'),
  evidence: about(FIELD.anything, 'The numbers that it was decided by.'),
  request_id: nullable(FIELD.text),
});

/** When a version served. */
export const SERVING_PERIOD: Schema = objectSchema('serving_period', {
  id: FIELD.text,
  deployment: FIELD.text,
  version: FIELD.text,
  role: about(
    oneOf(['incumbent', 'candidate', 'former']),
    'former: what served before the promotion of a watched release.',
  ),
  share: FIELD.number,
  release: nullable(FIELD.text),
  started_at: FIELD.time,
  ended_at: nullable(FIELD.time),
  started_by: about(FIELD.text, 'Id of the audit entry or release event that tells why.'),
  ended_by: nullable(FIELD.text),
});

/** A line of the history of a deployment. */
export const TIMELINE_ENTRY: Schema = objectSchema('timeline_entry', {
  id: FIELD.text,
  at: FIELD.time,
  source: oneOf(['audit', 'release', 'serving']),
  kind: about(FIELD.text, 'Such as deployment.promote, rolled_back, or the role of a version that began to serve.'),
  actor: nullable(FIELD.text),
  message: nullable(FIELD.text),
  release: nullable(FIELD.text),
  data: FIELD.anything,
});

export function releaseObject(release: Release): object {
  return {
    object: 'release',
    id: release.id,
    deployment: release.deployment,
    candidate: release.candidateVersionId,
    incumbent: release.incumbentVersionId,
    state: release.state,
    stage: release.stage,
    stage_index: release.stageIndex,
    share: release.share,
    policy: { name: release.policyName, version: release.policyVersion },
    observations: release.position,
    observed_at: timeOrNull(release.observedAt),
    opened_at: unixSeconds(release.openedAt),
    opened_by: release.openedBy,
    stage_since: unixSeconds(release.stageSince),
    promoted_at: timeOrNull(release.promotedAt),
    held_at: timeOrNull(release.heldAt),
    resumes: release.resumes,
    paused_at: timeOrNull(release.pausedAt),
    paused_by: release.pausedBy,
    ended_at: timeOrNull(release.endedAt),
    reason: release.reason,
  };
}

export function explainedRelease(found: ReleaseCase): object {
  const { release, lastEvent } = found;
  const { ignored, requests, metrics } = explain(release.policy, release.statistics);
  const estimates = estimate(release.policy, release.statistics);
  const { needsPerson, ...next } = nextStep(found);
  return {
    ...releaseObject(release),
    gates: release.gates,
    policy_document: release.policy,
    policy_in_words: policyInWords(release.policy),
    next: { ...next, needs_person: needsPerson },
    last_event: lastEvent && {
      id: lastEvent.id,
      at: unixSeconds(lastEvent.at),
      kind: lastEvent.kind,
      actor: lastEvent.actor,
      message: lastEvent.message,
    },
    ignored,
    requests: { ...requests, imbalance: distanceObject(requests.imbalance) },
    metrics: metrics.map((metric, index) => metricObject(metric, estimates[index]!)),
  };
}

function metricObject(
  { rollback, promotion, watch, ...metric }: Explanation['metrics'][number],
  { unit, limit, estimate: value, interval, ...estimated }: MetricEstimate,
): object {
  return {
    ...metric,
    unit,
    limit,
    estimate: value,
    interval,
    rollback: { ...distanceObject(rollback), ...estimated.rollback },
    promotion: { ...distanceObject(promotion), ...estimated.promotion },
    watch: { ...watch, change: distanceObject(watch.change), ...estimated.watch },
  };
}

function distanceObject({ missingNats, ...rest }: Explanation['requests']['imbalance']): object {
  return { ...rest, missing_nats: missingNats };
}

export function eventObject(event: ReleaseEvent): object {
  return {
    object: 'release_event',
    id: event.id,
    at: unixSeconds(event.at),
    release: event.releaseId,
    kind: event.kind,
    actor: event.actor,
    message: event.message,
    evidence: event.evidence,
    request_id: event.requestId,
  };
}

export function periodObject(period: ServingPeriod): object {
  return {
    object: 'serving_period',
    id: period.id,
    deployment: period.deployment,
    version: period.versionId,
    role: period.role,
    share: period.share,
    release: period.releaseId,
    started_at: unixSeconds(period.startedAt),
    ended_at: timeOrNull(period.endedAt),
    started_by: period.startedBy,
    ended_by: period.endedBy,
  };
}

export function timelineObject(entry: TimelineEntry): object {
  return {
    object: 'timeline_entry',
    id: entry.id,
    at: unixSeconds(entry.at),
    source: entry.source,
    kind: entry.kind,
    actor: entry.actor,
    message: entry.message,
    release: entry.releaseId,
    data: entry.data,
  };
}

function timeOrNull(time: Date | null): number | null {
  return time === null ? null : unixSeconds(time);
}
