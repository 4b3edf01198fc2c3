import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { api, unwrap, type Item } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Ago } from '../../ui/time.js';
import { describeEntry } from './describe-entry.js';

type Entry = Item<'/v1/admin/deployments/{name}/timeline'>;

const SHOWN = 7;
/** More than are shown, because some tell what others do. */
const READ = 40;
/** What a release has decided is told by the release itself. */
const BY_A_RELEASE = 'release-guard';

/** The newest releases, promotions and rollbacks, each with its reason. */
export function RecentTimeline({ deployment: name }: { readonly deployment: string }): ReactNode {
  const timeline = useQuery(
    ['timeline', name, 'recent'],
    (signal) =>
      unwrap(
        api.GET('/v1/admin/deployments/{name}/timeline', {
          params: { path: { name }, query: { limit: READ } },
          signal,
        }),
      ),
    { topics: ['release', 'deployment'], everyMs: 30_000 },
  );
  return (
    <Section title="Lately" actions={<Link href="/timeline">Whole timeline</Link>}>
      <Resource
        of={timeline}
        empty={<Empty title="Nothing has happened yet">Promotions, releases and rollbacks stand here.</Empty>}
      >
        {({ data }) => (
          <ol className="overview-timeline">
            {data
              .filter(({ source, actor }) => source === 'release' || (source === 'audit' && actor !== BY_A_RELEASE))
              .slice(0, SHOWN)
              .map((entry) => (
                <TimelineLine key={entry.id} entry={entry} />
              ))}
          </ol>
        )}
      </Resource>
    </Section>
  );
}

function TimelineLine({ entry }: { readonly entry: Entry }): ReactNode {
  const { title, tone } = describeEntry(entry.kind);
  return (
    <li data-tone={tone}>
      <div className="row spread">
        <strong>{entry.release === null ? title : <Link href={`/releases/${entry.release}`}>{title}</Link>}</strong>
        <span className="muted small">
          <Ago at={entry.at} />
        </span>
      </div>
      {entry.message !== null && <p className="overview-timeline-text">{entry.message}</p>}
      {entry.actor !== null && <p className="muted small">{entry.actor}</p>}
    </li>
  );
}
