import './overview.css';
import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { useSession } from '../../session/use-session.js';
import { ButtonLink } from '../../ui/button.js';
import { Columns, Page } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Notice } from '../../ui/states.js';
import { HealthSection } from './health-section.js';
import { LastRollbackSection } from './last-rollback-section.js';
import type { Overview } from './overview.js';
import { RecentTimeline } from './recent-timeline.js';
import { ServingSection } from './serving-section.js';
import { TrafficSection } from './traffic-section.js';

const EVERY_MS = 5_000;

/** What serves now and since when, how everything around it is, and what happened lately. */
export function OverviewPage(): ReactNode {
  const { me } = useSession();
  const overview = useQuery(['overview'], (signal) => unwrap(api.GET('/v1/admin/overview', { signal })), {
    topics: ['deployment', 'release', 'replica'],
    everyMs: EVERY_MS,
  });
  return (
    <Page
      title="Overview"
      lede={
        <>
          Deployment <strong>{me.deployment}</strong>
        </>
      }
      actions={
        <>
          <ButtonLink href="/experiments/new?to=medium" icon="experiment">
            Try the medium model
          </ButtonLink>
          <ButtonLink href="/playground" kind="primary" icon="play">
            Playground
          </ButtonLink>
        </>
      }
    >
      <Resource of={overview} skeleton={8}>
        {(data) => (
          <>
            <Troubles overview={data} />
            <Columns min={380}>
              <ServingSection overview={data} />
              <LastRollbackSection release={data.last_rollback} />
            </Columns>
            <TrafficSection overview={data} />
            <Columns min={420}>
              <HealthSection overview={data} />
              <RecentTimeline deployment={data.deployment.name} />
            </Columns>
          </>
        )}
      </Resource>
    </Page>
  );
}

/** What somebody should look at now. */
function Troubles({
  overview: { deployment, release, replicas, trainer },
}: {
  readonly overview: Overview;
}): ReactNode {
  // Before the first promotion a replica has nothing to load, which is said once, as what to do.
  const isNew = deployment.incumbent === null;
  const bad = replicas.filter(
    ({ state, version }) => state === 'lost' || (state === 'troubled' && !(isNew && version === null)),
  );
  return (
    <>
      {isNew && (
        <Notice
          tone="warn"
          title="Nothing serves yet."
          actions={
            <ButtonLink small href="/corpora">
              Upload a text
            </ButtonLink>
          }
        >
          Upload a text, train a model on it, and promote its version.
        </Notice>
      )}
      {release?.state === 'held' && (
        <Notice
          tone="warn"
          title="A release is held and waits for a person."
          actions={
            <ButtonLink small href={`/releases/${release.id}`}>
              Decide
            </ButtonLink>
          }
        >
          {release.reason}
        </Notice>
      )}
      {bad.length > 0 && (
        <Notice
          tone="bad"
          title={bad.length === 1 ? 'A replica is in trouble.' : `${bad.length} replicas are in trouble.`}
        >
          {bad[0]?.problem ?? `${bad[0]?.host ?? ''}:${bad[0]?.port ?? ''} has not reported for a while.`}
        </Notice>
      )}
      {trainer.state === 'away' && (
        <Notice tone="warn" title="The trainer is away.">
          {trainer.problem} Completions, promotions and rollbacks go on without it.
        </Notice>
      )}
    </>
  );
}
