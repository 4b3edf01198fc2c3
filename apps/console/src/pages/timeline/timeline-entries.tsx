import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { api, unwrap } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { releasePath } from '../../serving/paths.js';
import type { TimelineEntry } from '../../serving/serving-types.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CodeBlock } from '../../ui/code-block.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Segmented } from '../../ui/tabs.js';
import { byDay, sentenceOf, titleOf } from './timeline-words.js';

type Source = TimelineEntry['source'];

const SOURCES: readonly (readonly [Source | '', string])[] = [
  ['release', 'Decisions'],
  ['audit', 'People'],
  ['serving', 'Serving'],
  ['', 'Everything'],
];
const PAGE = 50;
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** What was decided and done, day by day, the newest first. */
export function TimelineEntries({ deployment }: { readonly deployment: string }): ReactNode {
  const [chosen, setSource] = useSearchState('show', 'release');
  const shown = chosen === 'everything' ? '' : (SOURCES.find(([value]) => value === chosen)?.[0] ?? 'release');
  const pages = usePages(
    ['timeline', deployment, shown],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/deployments/{name}/timeline', {
          params: {
            path: { name: deployment },
            query: { limit: PAGE, ...(after !== undefined && { after }), ...(shown !== '' && { source: shown }) },
          },
          signal,
        }),
      ),
    { topics: ['deployment', 'release'], everyMs: 30_000 },
  );
  return (
    <>
      <div>
        <Segmented<Source | ''>
          label="Which"
          value={shown}
          onChange={(value) => setSource(value === '' ? 'everything' : value)}
          options={SOURCES}
        />
      </div>
      <Resource
        of={{ data: pages.items, failure: pages.failure, reload: pages.reload }}
        empty={
          <Empty title="Nothing happened yet">
            What releases decide, what people change and what serves is written here, with its reason.
          </Empty>
        }
      >
        {(items) => (
          <>
            {byDay(items, (at) => DAY.format(1000 * at)).map(([day, entries]) => (
              <section key={day} className="timeline-day">
                <h3>{day}</h3>
                <ol className="timeline-entries">
                  {entries.map((entry) => (
                    <EntryLine key={entry.id} entry={entry} />
                  ))}
                </ol>
              </section>
            ))}
            {pages.hasMore && (
              <Button small busy={pages.isLoadingMore} onClick={pages.loadMore}>
                Show more
              </Button>
            )}
          </>
        )}
      </Resource>
    </>
  );
}

function EntryLine({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  const { at, actor, release, data } = entry;
  const { title, tone } = titleOf(entry);
  return (
    <li>
      <time className="num muted" dateTime={new Date(1000 * at).toISOString()}>
        {TIME.format(1000 * at)}
      </time>
      <div>
        <div className="row wrap">
          <Badge tone={tone}>{title}</Badge>
          {release !== null && (
            <Link href={releasePath(release)} className="small">
              <code>{release}</code>
            </Link>
          )}
          {actor !== null && <span className="muted small">{actor}</span>}
        </div>
        <p>{sentenceOf(entry)}</p>
        {Object.keys(data).length > 0 && (
          <Disclosure summary="Evidence">
            <CodeBlock text={JSON.stringify(data, null, 2)} label="Copy the evidence" />
          </Disclosure>
        )}
      </div>
    </li>
  );
}
