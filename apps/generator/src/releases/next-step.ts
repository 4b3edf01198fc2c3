import { decide, type Verdict } from '#release-policy';
import type { ReleaseCase } from '#registry/releases';
import { situationOf } from './situation-of.js';

/** What a release waits for, for people. */
export interface NextStep {
  /** What the evidence says now; `continue` is to wait. null of one that has ended. */
  readonly action: Verdict['action'] | null;
  /** Whether nothing goes on before a person does something. */
  readonly needsPerson: boolean;
  readonly message: string;
  /** What is missing for the next step, or what speaks for it. */
  readonly reasons: Verdict['reasons'];
}

const NO_GATES = { candidate: [], incumbent: [] };

/** What the judge would make of a release as it is now. What the gates say it learns when it asks them. */
export function nextStep({ release, deployment, now }: ReleaseCase): NextStep {
  const { policy, statistics, state, gates, resumes, pausedAt, pausedBy } = release;
  if (release.endedAt !== null) return { action: null, needsPerson: false, message: 'It has ended.', reasons: [] };
  const { action, reasons } = decide(policy, statistics, situationOf(release, now, false, NO_GATES));
  const step = (needsPerson: boolean, message: string): NextStep => ({ action, needsPerson, message, reasons });
  const because = reasons.map(({ message }) => message).join(' ');
  if (policy.mode === 'off') return step(true, `${because} A person advances or aborts the release.`);
  if (policy.mode === 'dry_run') return step(true, `Dry run: nothing is carried out. ${because}`);
  if (state === 'held' && resumes === false)
    return step(true, `Held until a person resumes, advances or aborts it. ${release.reason ?? ''}`.trim());
  if (pausedAt !== null)
    return step(true, `Paused by ${pausedBy ?? 'somebody'}, until a person resumes it. ${because}`);
  if (deployment.pinnedAt !== null && release.stage !== 'watched')
    return step(
      true,
      `${deployment.name} is pinned by ${deployment.pinnedBy ?? 'somebody'}; it goes on when it is unpinned.`,
    );
  if (gates === null)
    return step(
      false,
      `Waits for the gates: memory, hashes, a warm model and its probe. ${state === 'held' ? (release.reason ?? '') : ''}`.trim(),
    );
  return step(false, because);
}
