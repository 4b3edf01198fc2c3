import { useState, type ReactNode } from 'react';
import { problemOf } from '../../api/api-failure.js';
import { api, idempotent, unwrap } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import type { Scope } from '../../session/session.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { CheckSet, TextField } from '../../ui/inputs.js';
import { Notice } from '../../ui/states.js';
import type { KeyLimits } from './key-limits.js';
import { KeyLimitsFields } from './key-limits-fields.js';
import { SecretDialog } from './secret-dialog.js';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['completions', 'Ask for completions.'],
  ['training', 'Upload texts, train models, run experiments.'],
  ['admin', 'Everything: release, roll back, keys, policies.'],
];
const NO_LIMITS: KeyLimits = { requests_per_minute: null, tokens_per_minute: null, concurrent_requests: null };

/** Makes a key and shows its secret, once. */
export function NewKeyDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set<Scope>(['completions']));
  const [limits, setLimits] = useState(NO_LIMITS);
  const [secret, setSecret] = useState<string | null>(null);
  const create = useAction(
    () =>
      unwrap(
        api.POST('/v1/admin/api-keys', {
          headers: idempotent(),
          body: { name, scopes: [...scopes], ...limits },
        }),
      ),
    { refresh: ['keys'], quiet: true },
  );
  if (secret !== null) {
    return (
      <SecretDialog title={`The key of ${name}`} secret={secret} label="Copy the key" onClose={onClose}>
        It is shown here and nowhere else.
      </SecretDialog>
    );
  }
  const submit = async (): Promise<void> => {
    const made = await create.run();
    if (made !== undefined) setSecret(made.key);
  };
  return (
    <Dialog open title="New key" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label="Name"
          hint="What people call it: who uses it, and for what."
          required
          value={name}
          onChange={setName}
          problem={problemOf(create.failure, 'name')}
        />
        <CheckSet legend="What it may be used for" options={SCOPES} value={scopes} onChange={setScopes} />
        <KeyLimitsFields limits={limits} onChange={setLimits} failure={create.failure} />
        {create.failure !== null && create.failure.param !== 'name' && (
          <Notice tone="bad">{create.failure.message}</Notice>
        )}
        <div className="row wrap administration-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={create.isRunning}
            disabled={name.trim() === '' || scopes.size === 0}
          >
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
