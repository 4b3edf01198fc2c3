import { useState, type ReactNode } from 'react';
import { api, idempotent, unwrap } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Notice } from '../../ui/states.js';
import type { KeyLimits } from './key-limits.js';
import { KeyLimitsFields } from './key-limits-fields.js';

interface KeyLimitsDialogProps {
  readonly of: KeyLimits & { readonly id: string; readonly name: string };
  readonly onClose: () => void;
}

/** Sets what a key may use. */
export function KeyLimitsDialog({ of: key, onClose }: KeyLimitsDialogProps): ReactNode {
  const { id, name, requests_per_minute, tokens_per_minute, concurrent_requests } = key;
  const [limits, setLimits] = useState<KeyLimits>({ requests_per_minute, tokens_per_minute, concurrent_requests });
  const save = useAction(
    () =>
      unwrap(
        api.POST('/v1/admin/api-keys/{id}', { params: { path: { id } }, headers: idempotent(), body: { ...limits } }),
      ),
    { done: 'The limits hold within seconds.', refresh: ['keys'], quiet: true },
  );
  return (
    <Dialog open title={`Limits of ${name}`} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run().then((done) => done !== undefined && onClose());
        }}
      >
        <KeyLimitsFields limits={limits} onChange={setLimits} failure={save.failure} />
        {save.failure !== null && save.failure.param === null && <Notice tone="bad">{save.failure.message}</Notice>}
        <div className="row wrap administration-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={save.isRunning}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
