import { useState, type ReactNode } from 'react';
import { problemOf } from '../../api/api-failure.js';
import { api, idempotent, unwrap, type Item } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { CheckSet, TextField } from '../../ui/inputs.js';
import { Notice } from '../../ui/states.js';
import { SecretDialog } from './secret-dialog.js';

type WebhookEvent = Item<'/v1/admin/webhooks'>['events'][number];

const EVENTS: readonly (readonly [WebhookEvent, string])[] = [
  ['release.opened', 'A release has begun.'],
  ['release.promoted', 'Its candidate serves from now on.'],
  ['release.rolled_back', 'Its candidate was taken off.'],
  ['release.held', 'It can neither go on nor back by itself.'],
  ['guard.alarm', 'A person is needed.'],
];

/** Has events posted to an address, and shows the secret that they are signed with, once. */
export function NewWebhookDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState<ReadonlySet<WebhookEvent>>(new Set(EVENTS.map(([event]) => event)));
  const [secret, setSecret] = useState<string | null>(null);
  const create = useAction(
    () =>
      unwrap(
        api.POST('/v1/admin/webhooks', {
          headers: idempotent(),
          body: { url: url.trim(), events: [...events], ...(description !== '' && { description }) },
        }),
      ),
    { refresh: ['webhooks'], quiet: true },
  );
  if (secret !== null) {
    return (
      <SecretDialog title="The secret of the webhook" secret={secret} label="Copy the secret" onClose={onClose}>
        Whoever receives the events checks their signature with it. It is shown here and nowhere else.
      </SecretDialog>
    );
  }
  const submit = async (): Promise<void> => {
    const made = await create.run();
    if (made !== undefined) setSecret(made.secret);
  };
  return (
    <Dialog open title="New webhook" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label="Address"
          type="url"
          mono
          required
          placeholder="https://example.org/understudy"
          value={url}
          onChange={setUrl}
          problem={problemOf(create.failure, 'url')}
        />
        <TextField
          label="Description"
          optional
          value={description}
          onChange={setDescription}
          problem={problemOf(create.failure, 'description')}
        />
        <CheckSet legend="What it is told of" options={EVENTS} value={events} onChange={setEvents} />
        {create.failure !== null && create.failure.param !== 'url' && (
          <Notice tone="bad">{create.failure.message}</Notice>
        )}
        <div className="row wrap administration-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={create.isRunning}
            disabled={url.trim() === '' || events.size === 0}
          >
            Make the webhook
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
