import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { useSession } from '../../session/use-session.js';
import { Facts } from '../../ui/facts.js';
import { Id } from '../../ui/id.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Time } from '../../ui/time.js';

/** What serves now, and how it is doing. */
export function OverviewPage(): ReactNode {
  const { deployment: name } = useSession().me;
  const deployment = useQuery(
    ['deployment', name],
    (signal) => unwrap(api.GET('/v1/admin/deployments/{name}', { params: { path: { name } }, signal })),
    { topics: ['deployment', 'release'], everyMs: 30_000 },
  );
  return (
    <Page title="Overview">
      <Section title="Serving">
        <Resource of={deployment}>
          {({ incumbent, previous, updated_at }) => (
            <Facts
              items={[
                ['Version', incumbent === null ? 'none yet' : <Id key="id" value={incumbent} />],
                ['Since', <Time key="at" at={updated_at} />],
                ['A rollback goes back to', previous === null ? 'nothing' : <Id key="id" value={previous} />],
              ]}
            />
          )}
        </Resource>
      </Section>
    </Page>
  );
}
