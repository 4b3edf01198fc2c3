import { api, idempotent, unwrap } from '../api/client.js';
import { useAction } from '../data/use-action.js';
import { useConfirm } from '../ui/confirm.js';
import type { Deployment } from './serving-types.js';

/** First elements of the keys that a change of what serves makes old. */
export const SERVING_KEYS = [
  'deployments',
  'releases',
  'release',
  'release-events',
  'versions',
  'version',
  'timeline',
  'overview',
];

/** What a person can do to a deployment, each with a question before that says what will happen. */
interface DeploymentActions {
  readonly rollBack: (deployment: Deployment, to?: string) => Promise<void>;
  readonly pin: (deployment: Deployment) => Promise<void>;
  readonly unpin: (deployment: Deployment) => Promise<void>;
  readonly promoteNow: (deployment: Deployment, version: string) => Promise<void>;
  readonly isRunning: boolean;
}

/** Roll back, pin, unpin and promote at once. */
export function useDeploymentActions(): DeploymentActions {
  const confirm = useConfirm();
  const rollback = useAction(
    (name: string, body: { to?: string; reason?: string }) =>
      unwrap(
        api.POST('/v1/admin/deployments/{name}/rollback', { params: { path: { name } }, headers: idempotent(), body }),
      ),
    { done: ({ name, incumbent }) => `${name} serves ${incumbent ?? 'nothing'}.`, refresh: SERVING_KEYS },
  );
  const pin = useAction(
    (name: string, body: { reason?: string }) =>
      unwrap(api.POST('/v1/admin/deployments/{name}/pin', { params: { path: { name } }, headers: idempotent(), body })),
    { done: ({ name }) => `${name} is pinned.`, refresh: SERVING_KEYS },
  );
  const unpin = useAction(
    (name: string, body: { reason?: string }) =>
      unwrap(
        api.POST('/v1/admin/deployments/{name}/unpin', { params: { path: { name } }, headers: idempotent(), body }),
      ),
    { done: ({ name }) => `${name} is not pinned any more.`, refresh: SERVING_KEYS },
  );
  const promote = useAction(
    (name: string, body: { version: string; reason?: string }) =>
      unwrap(
        api.POST('/v1/admin/deployments/{name}/promote', {
          params: { path: { name } },
          headers: idempotent(),
          body: { ...body, strategy: 'now' },
        }),
      ),
    { done: ({ name, incumbent }) => `${name} serves ${incumbent ?? 'nothing'}.`, refresh: SERVING_KEYS },
  );
  return {
    async rollBack({ name, incumbent, previous, release }, to) {
      const target = to ?? previous;
      const answer = await confirm({
        title: `Roll back ${name}?`,
        text: (
          <>
            Every replica serves <code>{target}</code> within a second. <code>{incumbent}</code> is marked as rolled
            back
            {release !== null && <>, and its release ends as superseded</>}. Completions under way finish where they
            began.
          </>
        ),
        action: 'Roll back',
        tone: 'danger',
        reason: 'optional',
      });
      if (answer !== null) await rollback.run(name, { ...(to !== undefined && { to }), ...reasonOf(answer) });
    },
    async pin({ name, incumbent, release }) {
      const answer = await confirm({
        title: `Pin ${name}?`,
        text: (
          <>
            It stays with <code>{incumbent ?? 'nothing'}</code>: nothing but a person changes what serves.
            {release !== null && ' The open release is held, and its candidate gets no requests until it is unpinned.'}
          </>
        ),
        action: 'Pin',
        reason: 'optional',
      });
      if (answer !== null) await pin.run(name, reasonOf(answer));
    },
    async unpin({ name, release }) {
      const answer = await confirm({
        title: `Unpin ${name}?`,
        text: release === null ? 'Releases may change what serves again.' : 'The open release goes on by itself.',
        action: 'Unpin',
        reason: 'optional',
      });
      if (answer !== null) await unpin.run(name, reasonOf(answer));
    },
    async promoteNow({ name, incumbent, release }, version) {
      const answer = await confirm({
        title: `Promote ${version} at once?`,
        text: (
          <>
            Every replica of <strong>{name}</strong> serves it within a second, instead of{' '}
            <code>{incumbent ?? 'nothing'}</code>, which a rollback goes back to. It is not compared and not watched
            {release !== null && '; the open release ends as superseded'}.
          </>
        ),
        action: 'Promote',
        reason: 'optional',
      });
      if (answer !== null) await promote.run(name, { version, ...reasonOf(answer) });
    },
    isRunning: rollback.isRunning || pin.isRunning || unpin.isRunning || promote.isRunning,
  };
}

/** What was given as the reason, if anything. */
export function reasonOf({ reason }: { readonly reason: string }): { reason?: string } {
  return reason === '' ? {} : { reason };
}
