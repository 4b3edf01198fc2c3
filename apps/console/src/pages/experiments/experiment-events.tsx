import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { Badge } from '../../ui/badge.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Time } from '../../ui/time.js';

const MOST_EVENTS = 100;
const EVERY_MS = 5_000;

/** What happened in an experiment, the newest first. */
export function ExperimentEvents({ id, isLive }: { readonly id: string; readonly isLive: boolean }): ReactNode {
  const events = useQuery(
    ['experiment-events', id],
    (signal) =>
      unwrap(
        api.GET('/v1/upgrade-experiments/{id}/events', {
          params: { path: { id }, query: { limit: MOST_EVENTS } },
          signal,
        }),
      ),
    { topics: ['experiment'], ...(isLive && { everyMs: EVERY_MS }) },
  );
  return (
    <Section title="Events">
      <Resource of={events}>
        {({ data }) => (
          <ol className="experiments-events">
            {data.map(({ id: key, created_at: at, level, message }) => (
              <li key={key}>
                <span className="muted">
                  <Time at={at} />
                </span>
                <span>
                  {level !== 'info' && <Badge tone={level === 'error' ? 'bad' : 'warn'}>{level}</Badge>} {message}
                </span>
              </li>
            ))}
          </ol>
        )}
      </Resource>
    </Section>
  );
}
