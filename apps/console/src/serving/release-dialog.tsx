import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { problemOf } from '../api/api-failure.js';
import { api, idempotent, unwrap } from '../api/client.js';
import { useAction } from '../data/use-action.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { SelectField, TextField } from '../ui/inputs.js';
import { Segmented } from '../ui/tabs.js';
import { Notice } from '../ui/states.js';
import { releasePath } from './paths.js';
import type { Deployment, Version } from './serving-types.js';
import { SERVING_KEYS } from './use-deployment-actions.js';
import { useDeployments, useNewestVersions, usePolicies } from './use-serving.js';

interface ReleaseDialogProps {
  /** The version, where the page is about one. */
  readonly version?: string;
  /** The deployment, where it is known. */
  readonly deployment?: string;
  readonly onClose: () => void;
}

type Strategy = 'release' | 'now';

/** Lets a person choose what shall serve: step by step under a policy, or at once. */
export function ReleaseDialog({ version: given, deployment: wanted, onClose }: ReleaseDialogProps): ReactNode {
  const [, navigate] = useLocation();
  const deployments = useDeployments().data ?? [];
  const versions = useNewestVersions(given === undefined).data ?? [];
  const policies = usePolicies().data ?? [];
  const [name, setName] = useState(wanted ?? '');
  const [strategy, setStrategy] = useState<Strategy>('release');
  const [chosen, setChosen] = useState('');
  const [policy, setPolicy] = useState('default');
  const [reason, setReason] = useState('');
  const deployment = deployments.find((each) => each.name === name) ?? deployments[0];
  const candidates = versions.filter(({ id }) => id !== deployment?.incumbent);
  const version = given ?? (chosen === '' ? (candidates[0]?.id ?? '') : chosen);
  const start = useAction(
    (to: string) =>
      unwrap(
        api.POST('/v1/admin/deployments/{name}/promote', {
          params: { path: { name: to } },
          headers: idempotent(),
          body: {
            version,
            strategy,
            ...(strategy === 'release' && { policy }),
            ...(reason.trim() !== '' && { reason: reason.trim() }),
          },
        }),
      ),
    {
      done:
        strategy === 'release' ? 'The release has begun.' : (done) => `${done.name} serves ${done.incumbent ?? ''}.`,
      refresh: SERVING_KEYS,
      quiet: true,
    },
  );
  const submit = async (): Promise<void> => {
    if (deployment === undefined) return;
    const done = await start.run(deployment.name);
    if (done === undefined) return;
    onClose();
    if (strategy === 'release' && done.release !== null) navigate(releasePath(done.release));
  };
  return (
    <Dialog open title="Let a version serve" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {deployments.length > 1 && (
          <SelectField
            label="Deployment"
            value={deployment?.name ?? ''}
            onChange={setName}
            options={deployments.map((each) => [each.name, each.name])}
          />
        )}
        {given === undefined ? (
          <SelectField
            label="Version"
            value={version}
            onChange={setChosen}
            problem={problemOf(start.failure, 'version') ?? problemOf(start.failure, 'model')}
            options={candidates.map((each) => [each.id, optionOf(each)])}
          />
        ) : (
          <p>
            <code>{given}</code>
          </p>
        )}
        <Segmented<Strategy>
          label="How"
          value={strategy}
          onChange={setStrategy}
          options={[
            ['release', 'Step by step'],
            ['now', 'At once'],
          ]}
        />
        {strategy === 'release' && (
          <SelectField
            label="Policy"
            value={policy}
            onChange={setPolicy}
            problem={problemOf(start.failure, 'policy')}
            options={policies.map((each) => [each.name, `${each.name} (version ${each.version})`])}
          />
        )}
        <p className="muted small">{whatHappens(strategy, deployment)}</p>
        <TextField
          label="Reason"
          hint="Goes into the audit."
          optional
          value={reason}
          onChange={setReason}
          problem={problemOf(start.failure, 'reason')}
        />
        {start.failure !== null && <Notice tone="bad">{start.failure.message}</Notice>}
        <div className="row wrap" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={start.isRunning}
            disabled={version === '' || deployment === undefined}
          >
            {strategy === 'release' ? 'Open the release' : 'Promote now'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function optionOf({ id, preset, number, state }: Version): string {
  return `${id} · ${preset} #${number}, ${state.replaceAll('_', ' ')}`;
}

function whatHappens(strategy: Strategy, deployment: Deployment | undefined): string {
  if (deployment === undefined) return '';
  const { incumbent } = deployment;
  if (strategy === 'now')
    return `Every replica serves it within a second. ${incumbent === null ? 'Nothing serves now.' : `${incumbent} is what a rollback goes back to.`} It is not compared and not watched.`;
  if (incumbent === null) return 'Nothing serves yet, so there is nothing to compare it with: promote it at once.';
  return `It is first only scored beside ${incumbent}, then answers a growing share of the requests. It is promoted when it is shown not to be worse, and taken off by itself when it is.`;
}
