import { useState, type ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { percent } from '../../format/numbers.js';
import { dateTime } from '../../format/times.js';
import { VersionName } from '../../serving/version-name.js';
import { StateBadge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Field } from '../../ui/field.js';
import { Resource } from '../../ui/resource.js';

/** Says which versions served at a time that a person types. */
export function ServingAt({ deployment }: { readonly deployment: string }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button small icon="search" onClick={() => setOpen(true)}>
        Who served at …
      </Button>
      {isOpen && <ServingAtDialog deployment={deployment} onClose={() => setOpen(false)} />}
    </>
  );
}

interface ServingAtDialogProps {
  readonly deployment: string;
  readonly onClose: () => void;
}

function ServingAtDialog({ deployment, onClose }: ServingAtDialogProps): ReactNode {
  const [text, setText] = useState(() => localTime(new Date()));
  const time = new Date(text);
  const isTime = !Number.isNaN(time.getTime());
  const query = useQuery(
    ['timeline', deployment, 'at', text],
    async (signal) => {
      const params = { path: { name: deployment }, query: { at: time.toISOString() } };
      return (await unwrap(api.GET('/v1/admin/deployments/{name}/serving', { params, signal }))).data;
    },
    { enabled: isTime },
  );
  return (
    <Dialog open title={`Who served ${deployment} at a time`} onClose={onClose}>
      <Field
        label="Time"
        hint="In the time zone of this browser."
        problem={isTime ? undefined : 'This is no time yet.'}
      >
        {(ids) => (
          <input
            {...ids}
            className="input"
            type="datetime-local"
            step={1}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      {isTime && (
        <Resource of={query} empty={<p className="muted">Nothing served then.</p>}>
          {(periods) => (
            <ul className="timeline-served">
              {periods.map(({ id, version, role, share, started_at: from }) => (
                <li key={id} className="row wrap">
                  <StateBadge state={role} />
                  <VersionName id={version} />
                  <span className="muted small">
                    {percent(share, 0)} of the requests, since {dateTime(from)}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Resource>
      )}
    </Dialog>
  );
}

/** As the browser's field wants it: local, to the second. */
function localTime(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
