import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { api, download, unwrap } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { Button } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { Menu } from '../../ui/menu.js';
import { hasEnded, runName, type Job } from './run-words.js';

/** What can be done to a run now. */
export function RunActions({ run }: { readonly run: Job }): ReactNode {
  const { id, status, desired_status: desired } = run;
  const [, go] = useLocation();
  const confirm = useConfirm();
  const refresh = ['run', 'runs'];
  const path = { params: { path: { id } } };
  const pause = useAction(() => unwrap(api.POST('/v1/fine_tuning/jobs/{id}/pause', path)), {
    done: 'The run pauses when its state is saved',
    refresh,
  });
  const resume = useAction(() => unwrap(api.POST('/v1/fine_tuning/jobs/{id}/resume', path)), {
    done: 'The run goes on as soon as the device is free',
    refresh,
  });
  const cancel = useAction(() => unwrap(api.POST('/v1/fine_tuning/jobs/{id}/cancel', path)), {
    done: 'The run is being cancelled',
    refresh,
  });
  const save = useAction((from: string, name: string) => download(`/v1/fine_tuning/jobs/${id}/${from}`, name));
  const isTold = status === 'running' && desired !== 'running';
  const askCancel = async (): Promise<void> => {
    const answer = await confirm({
      title: `Cancel ${runName(run)}?`,
      text: 'It stops within seconds and cannot go on. What it measured and its checkpoints stay; no model version is registered.',
      action: 'Cancel the run',
      tone: 'danger',
    });
    if (answer !== null) await cancel.run();
  };
  return (
    <>
      {status === 'paused' && (
        <Button kind="primary" icon="play" busy={resume.isRunning} onClick={() => void resume.run()}>
          Resume
        </Button>
      )}
      {(status === 'running' || status === 'queued') && (
        <Button icon="pause" busy={pause.isRunning} disabled={isTold} onClick={() => void pause.run()}>
          Pause
        </Button>
      )}
      {!hasEnded(run) && (
        <Button icon="stop" busy={cancel.isRunning} disabled={desired === 'cancelled'} onClick={() => void askCancel()}>
          Cancel
        </Button>
      )}
      <Menu
        label="More"
        items={[
          { label: 'Download CSV', onSelect: () => void save.run('metrics?format=csv', `${id}.csv`) },
          {
            label: 'Download TensorBoard files',
            onSelect: () => void save.run('tensorboard', `${id}.tensorboard.tar.gz`),
          },
          { label: 'New run like this one', onSelect: () => go(`/runs/new?like=${encodeURIComponent(id)}`) },
        ]}
      />
    </>
  );
}
