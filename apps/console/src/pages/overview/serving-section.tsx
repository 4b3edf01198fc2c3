import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { percent } from '../../format/numbers.js';
import { Badge, StateBadge } from '../../ui/badge.js';
import { Facts } from '../../ui/facts.js';
import { Id } from '../../ui/id.js';
import { Section } from '../../ui/page.js';
import { Ago } from '../../ui/time.js';
import type { Overview } from './overview.js';

/** What answers requests now. */
export function ServingSection({ overview }: { readonly overview: Overview }): ReactNode {
  const { deployment, serving, release } = overview;
  const [incumbent] = serving.filter(({ role }) => role === 'incumbent');
  return (
    <Section
      title="Serving now"
      actions={
        <>
          {deployment.pin !== null && <Badge tone="warn">pinned by {deployment.pin.by}</Badge>}
          {release !== null && <StateBadge state={release.state} />}
        </>
      }
    >
      {deployment.incumbent === null ? (
        <p className="muted">No version has been promoted yet.</p>
      ) : (
        <div className="overview-version">
          <Id value={deployment.incumbent} href={versionHref(deployment.incumbent)} />
        </div>
      )}
      <Facts
        items={[
          [
            'Since',
            // Its period begins anew with each share of a release; the deployment changes with a pin, too.
            incumbent === undefined ? (
              '–'
            ) : (
              <Ago key="since" at={Math.min(incumbent.started_at, deployment.updated_at)} />
            ),
          ],
          [
            'A rollback goes to',
            deployment.previous === null ? (
              'nothing: there was no version before'
            ) : (
              <Id key="previous" value={deployment.previous} href={versionHref(deployment.previous)} />
            ),
          ],
          [
            'Release',
            release === null ? (
              'none is open'
            ) : (
              <Link key="release" href={`/releases/${release.id}`}>
                {release.candidate} in {release.stage}, {percent(release.share, 0)} of requests
              </Link>
            ),
          ],
        ]}
      />
    </Section>
  );
}

/** The page of a version. */
export function versionHref(id: string): string {
  return `/versions/${encodeURIComponent(id)}`;
}
