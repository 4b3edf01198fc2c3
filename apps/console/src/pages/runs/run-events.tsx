import { useMemo, useState, type ReactNode } from 'react';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CheckField } from '../../ui/inputs.js';
import { Empty, Failure, Skeleton } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import type { RunEvent, RunEvents as Events } from './use-run-events.js';

const AT_FIRST = 100;

/** What happened in a run, the newest first. */
export function RunEvents({ events }: { readonly events: Events }): ReactNode {
  const { items, failure, isLoading } = events;
  const [withNumbers, setWithNumbers] = useState(false);
  const [shown, setShown] = useState(AT_FIRST);
  const wanted = useMemo(
    () => (withNumbers ? items : items.filter(({ type }) => type !== 'metrics')),
    [items, withNumbers],
  );
  if (isLoading) return <Skeleton lines={5} />;
  return (
    <>
      {failure !== null && <Failure of={failure} />}
      <CheckField label="With what it measured" checked={withNumbers} onChange={setWithNumbers} />
      {wanted.length === 0 ? (
        <Empty title="Nothing happened yet" />
      ) : (
        <ol className="runs-events">
          {wanted.slice(0, shown).map((event) => (
            <EventLine key={event.id} event={event} />
          ))}
        </ol>
      )}
      {wanted.length > shown && (
        <div>
          <Button small onClick={() => setShown(shown + 10 * AT_FIRST)}>
            Show older ones
          </Button>
        </div>
      )}
    </>
  );
}

function EventLine({ event }: { readonly event: RunEvent }): ReactNode {
  const { created_at: at, level, message } = event;
  return (
    <li>
      <span className="muted">
        <Time at={at} />
      </span>
      <span>
        {level !== 'info' && <Badge tone={level === 'error' ? 'bad' : 'warn'}>{level}</Badge>} {message}
      </span>
    </li>
  );
}
