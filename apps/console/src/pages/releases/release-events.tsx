import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import type { ReleaseEvent } from '../../serving/serving-types.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CodeBlock } from '../../ui/code-block.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';

type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad';

const TONES: Readonly<Record<string, Tone>> = {
  opened: 'info',
  gates_passed: 'good',
  advanced: 'info',
  promoted: 'good',
  completed: 'good',
  held: 'warn',
  paused: 'warn',
  rolled_back: 'bad',
  alarm: 'bad',
};

/** Everything that happened in a release, with the numbers that it was decided by. */
export function ReleaseEvents({ id }: { readonly id: string }): ReactNode {
  const events = usePages(
    ['release-events', id],
    (signal, after) =>
      unwrap(
        api.GET('/v1/admin/releases/{id}/events', {
          params: { path: { id }, query: { limit: 50, ...(after !== undefined && { after }) } },
          signal,
        }),
      ),
    { topics: ['release'], everyMs: 30_000 },
  );
  return (
    <Resource
      of={{ data: events.items, failure: events.failure, reload: events.reload }}
      empty={<Empty title="Nothing happened yet" />}
    >
      {(items) => (
        <>
          <ol className="releases-events">
            {items.map((event) => (
              <EventLine key={event.id} event={event} />
            ))}
          </ol>
          {events.hasMore && (
            <Button small busy={events.isLoadingMore} onClick={events.loadMore}>
              Show more
            </Button>
          )}
        </>
      )}
    </Resource>
  );
}

function EventLine({ event }: { readonly event: ReleaseEvent }): ReactNode {
  const { at, kind, actor, message, evidence } = event;
  return (
    <li>
      <div className="row wrap">
        <Badge tone={TONES[kind] ?? 'neutral'}>{kind.replaceAll('_', ' ')}</Badge>
        <Time at={at} mode="both" />
        <span className="muted small">{actor}</span>
      </div>
      <p>{message}</p>
      {Object.keys(evidence).length > 0 && (
        <Disclosure summary="Evidence">
          <CodeBlock text={JSON.stringify(evidence, null, 2)} label="Copy the evidence" />
        </Disclosure>
      )}
    </li>
  );
}
