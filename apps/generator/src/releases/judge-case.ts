import { decide, explain, type ReleaseStatistics, type Situation, type Verdict } from '#release-policy';
import type { JsonObject } from '#registry';
import { addObservation, type JudgeAction, type Judgement, type OpenCase } from '#registry/releases';
import type { GateFindings } from './gate-findings.js';
import { situationOf } from './situation-of.js';

/** Reasons over which a person is called at once. */
const ALARMING = new Set(['incumbent_unhealthy', 'arms_unbalanced']);

/** What is done, in the words of the record. */
const DEEDS: Readonly<Record<Verdict['action'], string>> = {
  continue: 'Goes on',
  advance: 'Takes the next stage',
  promote: 'Promotes the candidate',
  complete: 'Ends the watch',
  roll_back: 'Rolls the candidate back',
  hold: 'Holds the release',
};

/**
 * Adds the new observations of an open release to its statistics and decides, by nothing but what it is given. Whether the
 * version to go back to can serve is asked by the caller, where the action is to roll back.
 */
export function judgeCase(open: OpenCase, findings: GateFindings): Judgement {
  const { release, observations } = open;
  const { policy } = release;
  let { statistics } = release;
  for (const observation of observations) statistics = addObservation(policy, statistics, observation);
  const { candidate, incumbent } = findings;
  const situation = situationOf(release, open.now, observations.length > 0, { candidate, incumbent });
  const verdict = decide(policy, statistics, situation);
  const action = chooseAction(open, findings, verdict);
  return {
    release,
    added: observations.map(({ id }) => id),
    statistics,
    action,
    message: messageOf(open, findings, verdict, action),
    evidence: evidenceOf(open, verdict, situation, statistics, findings),
  };
}

function chooseAction(open: OpenCase, findings: GateFindings, verdict: Verdict): JudgeAction {
  const { release, deployment } = open;
  if (release.gates === null && findings.passed !== null) return { kind: 'pass_gates', gates: findings.passed };
  if (release.policy.mode === 'dry_run') return isNews(open, verdict) ? { kind: 'propose' } : { kind: 'continue' };
  if (verdict.action === 'roll_back') return { kind: 'roll_back', targetProblem: null };
  const isPinned = deployment.pinnedAt !== null && release.stage !== 'watched';
  if (isPinned)
    return release.state === 'held' ? { kind: 'continue' } : { kind: 'hold', resumes: true, share: 0, alarm: false };
  // A paused release and one that waits for its gates take no step.
  if (release.pausedAt !== null) return { kind: 'continue' };
  if (release.gates === null) return waitForGates(open, findings);
  if (verdict.action === 'hold') {
    if (release.state === 'held' && release.resumes === verdict.resumes) return { kind: 'continue' };
    const alarm = verdict.reasons.some(({ code }) => ALARMING.has(code));
    return { kind: 'hold', resumes: verdict.resumes, alarm };
  }
  if (release.state !== 'held') return { kind: verdict.action };
  return { kind: release.resumes === true ? 'resume' : 'continue' };
}

/** Gates that cannot be asked now, or that failed where nothing is judged, hold the release until they are passed. */
function waitForGates({ release }: OpenCase, { waiting, candidate }: GateFindings): JudgeAction {
  const isClosed = waiting !== null || candidate.length > 0;
  return isClosed && release.state !== 'held' ? { kind: 'hold', resumes: true } : { kind: 'continue' };
}

/** Whether a dry run has not said this yet in this stage. */
function isNews({ release, lastProposal }: OpenCase, { action }: Verdict): boolean {
  if (action === 'continue') return false;
  return lastProposal === null || lastProposal.at < release.stageSince || lastProposal.evidence['action'] !== action;
}

function messageOf(
  { release, deployment }: OpenCase,
  { waiting, candidate }: GateFindings,
  verdict: Verdict,
  action: JudgeAction,
): string {
  const because = verdict.reasons.map(({ message }) => message).join(' ');
  switch (action.kind) {
    case 'pass_gates':
      return 'The candidate has passed the gates.';
    case 'propose':
      return `Dry run, nothing is done. It would have been: ${DEEDS[verdict.action]}. ${because}`;
    case 'resume':
      return 'What held the release is over; it goes on.';
    case 'hold': {
      if (action.share === 0) return `${deployment.name} is pinned by ${deployment.pinnedBy ?? 'somebody'}.`;
      if (release.gates !== null) return `${DEEDS.hold}. ${because}`;
      return `${DEEDS.hold}: the candidate cannot pass the gates now. ${[...(waiting === null ? [] : [waiting]), ...candidate].join(' ')}`;
    }
    case 'continue':
    case 'advance':
    case 'promote':
    case 'complete':
    case 'roll_back':
      return `${DEEDS[verdict.action]}. ${because}`;
  }
}

/** The numbers that the decision was made from: with the observations up to its position it can be made again. */
function evidenceOf(
  { release, now }: OpenCase,
  { action, reasons }: Verdict,
  situation: Situation,
  statistics: ReleaseStatistics,
  { measured }: GateFindings,
): JsonObject {
  const { policy, policyName, policyVersion } = release;
  return {
    action,
    reasons,
    situation,
    at: now.toISOString(),
    policy: { name: policyName, version: policyVersion },
    gates: measured,
    explanation: explain(policy, statistics),
  };
}
