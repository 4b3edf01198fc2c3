import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { api, idempotent, unwrap } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { ReleaseDialog } from '../../serving/release-dialog.js';
import type { DescribedVersion } from '../../serving/serving-types.js';
import { SERVING_KEYS } from '../../serving/use-deployment-actions.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';

/** What can be done with a version: try it, let it serve, give it up. */
export function VersionActions({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { id, deleted_at: deletedAt } = version;
  const [isReleasing, setReleasing] = useState(false);
  const [, navigate] = useLocation();
  const confirm = useConfirm();
  const remove = useAction(
    () => unwrap(api.DELETE('/v1/admin/model-versions/{id}', { params: { path: { id } }, headers: idempotent() })),
    { done: 'The version was deleted.', refresh: SERVING_KEYS },
  );
  if (deletedAt !== null) return null;
  const kept = keptBy(version);
  const askToDelete = async (): Promise<void> => {
    const answer = await confirm({
      title: 'Delete this version?',
      text: (
        <>
          The weights of <code>{id}</code> are given up and cannot be brought back; it can neither serve nor be
          continued from any more. What is known of it stays.
        </>
      ),
      action: 'Delete',
      tone: 'danger',
      type: id,
    });
    if (answer === null) return;
    if ((await remove.run()) !== undefined) navigate('/versions');
  };
  return (
    <>
      <ButtonLink href={`/playground?model=${encodeURIComponent(id)}`} icon="play">
        Try it
      </ButtonLink>
      <Button
        kind="danger"
        busy={remove.isRunning}
        disabled={kept !== null}
        title={kept ?? undefined}
        onClick={() => void askToDelete()}
      >
        Delete
      </Button>
      <Button kind="primary" icon="release" onClick={() => setReleasing(true)}>
        Release
      </Button>
      {isReleasing && <ReleaseDialog version={id} onClose={() => setReleasing(false)} />}
    </>
  );
}

/** Why a version cannot be deleted; null when it can. */
export function keptBy({ used_by: used }: Pick<DescribedVersion, 'used_by'>): string | null {
  if (used.deployment !== null) return `${used.deployment} serves it or goes back to it.`;
  if (used.release !== null) return `The release ${used.release} compares it.`;
  if (used.training_run !== null) return `The job ${used.training_run} continues from it.`;
  if (used.upgrade_experiment !== null) return `The experiment ${used.upgrade_experiment} compares it.`;
  return null;
}
