import type { ReactNode } from 'react';
import { ButtonLink } from '../../ui/button.js';
import { Id } from '../../ui/id.js';
import { Section } from '../../ui/page.js';
import { Ago } from '../../ui/time.js';
import type { Overview } from './overview.js';
import { versionHref } from './serving-section.js';

/** Why the last release was taken back: the question that people come with. */
export function LastRollbackSection({ release }: { readonly release: Overview['last_rollback'] }): ReactNode {
  if (release === null) {
    return (
      <Section title="Last rollback">
        <p className="muted">No release has been rolled back. When one is, its reason stands here.</p>
      </Section>
    );
  }
  return (
    <Section
      title="Last rollback"
      actions={
        <ButtonLink small href={`/releases/${release.id}`}>
          Why, in full
        </ButtonLink>
      }
    >
      <p>
        <Id value={release.candidate} href={versionHref(release.candidate)} short /> was taken back{' '}
        {release.ended_at !== null && <Ago at={release.ended_at} />},{' '}
        {release.stage === 'watched' ? 'after its promotion' : `in ${release.stage}`}.
      </p>
      <p className="overview-reason">{release.reason ?? 'No reason was recorded.'}</p>
    </Section>
  );
}
