import type { ReactNode } from 'react';
import { api, idempotent, unwrap } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import type { Deployment, ExplainedRelease } from '../../serving/serving-types.js';
import { reasonOf, SERVING_KEYS, useDeploymentActions } from '../../serving/use-deployment-actions.js';
import { percent } from '../../format/numbers.js';
import { Button } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { Menu } from '../../ui/menu.js';
import { useToast } from '../../ui/toast.js';
import { nextStageText } from './release-words.js';

interface ReleaseActionsProps {
  readonly release: ExplainedRelease;
  /** The deployment that it is for, once it is known. */
  readonly deployment: Deployment | undefined;
}

type Verb = 'pause' | 'resume' | 'advance' | 'abort';

const DONE: Readonly<Record<Verb, string>> = {
  pause: 'The release is paused.',
  resume: 'The release goes on.',
  advance: 'The release went on to its next stage.',
  abort: 'The release has ended.',
};

/** What a person can do to an open release, each with a question before that says what will happen. */
export function ReleaseActions({ release, deployment }: ReleaseActionsProps): ReactNode {
  const { id, state, stage, candidate, incumbent, share, gates, paused_at: pausedAt, ended_at: endedAt } = release;
  const confirm = useConfirm();
  const toast = useToast();
  const onDeployment = useDeploymentActions();
  const steer = useAction(
    (verb: Verb, body: { reason?: string }) => {
      const request = { params: { path: { id } }, headers: idempotent(), body };
      switch (verb) {
        case 'pause':
          return unwrap(api.POST('/v1/admin/releases/{id}/pause', request));
        case 'resume':
          return unwrap(api.POST('/v1/admin/releases/{id}/resume', request));
        case 'advance':
          return unwrap(api.POST('/v1/admin/releases/{id}/advance', request));
        case 'abort':
          return unwrap(api.POST('/v1/admin/releases/{id}/abort', request));
      }
    },
    { refresh: SERVING_KEYS },
  );
  if (endedAt !== null) return null;
  const isWatched = stage === 'watched';
  const ask = async (verb: Verb, title: string, text: ReactNode, action: string, isGrave = false): Promise<void> => {
    const answer = await confirm({ title, text, action, reason: 'optional', ...(isGrave && { tone: 'danger' }) });
    if (answer === null) return;
    const done = await steer.run(verb, reasonOf(answer));
    if (done !== undefined) toast.good(DONE[verb]);
  };
  const serving = isWatched ? 'goes on serving' : `keeps its share of ${percent(share, 0)}`;
  const goesOn = pausedAt !== null || state === 'held';
  const isBusy = steer.isRunning || onDeployment.isRunning;
  return (
    <>
      {goesOn ? (
        <Button
          icon="play"
          busy={isBusy}
          onClick={() =>
            void ask(
              'resume',
              'Let the release go on?',
              'It is judged by its evidence again; its limits of time count anew.',
              'Resume',
            )
          }
        >
          Resume
        </Button>
      ) : (
        <Button
          icon="pause"
          busy={isBusy}
          onClick={() =>
            void ask(
              'pause',
              'Pause the release?',
              `It takes no step forward until somebody resumes it. The candidate ${serving}, and is rolled back all the same when it is shown to be worse.`,
              'Pause',
            )
          }
        >
          Pause
        </Button>
      )}
      <Button
        kind="primary"
        icon="release"
        busy={isBusy}
        disabled={gates === null}
        title={gates === null ? 'The candidate has not passed the gates yet.' : undefined}
        onClick={() =>
          void ask(
            'advance',
            isWatched ? 'End the watch?' : 'Advance without evidence?',
            nextStageText(release),
            'Advance',
          )
        }
      >
        Advance
      </Button>
      {isWatched && deployment !== undefined ? (
        <Button
          kind="danger"
          icon="undo"
          busy={isBusy}
          onClick={() => void onDeployment.rollBack(deployment, incumbent)}
        >
          Roll back
        </Button>
      ) : (
        <Button
          kind="danger"
          icon="stop"
          busy={isBusy}
          onClick={() => void ask('abort', 'Abort the release?', abortText(release), 'Abort', true)}
        >
          Abort
        </Button>
      )}
      {deployment !== undefined && (
        <Menu
          label="More"
          items={[
            ...(isWatched
              ? [
                  {
                    label: 'Abort: stop watching',
                    onSelect: () => void ask('abort', 'Abort the release?', abortText(release), 'Abort', true),
                  },
                ]
              : [
                  {
                    label: 'Promote the candidate at once',
                    onSelect: () => void onDeployment.promoteNow(deployment, candidate),
                  },
                ]),
            deployment.pin === null
              ? { label: `Pin ${deployment.name}`, onSelect: () => void onDeployment.pin(deployment) }
              : { label: `Unpin ${deployment.name}`, onSelect: () => void onDeployment.unpin(deployment) },
          ]}
        />
      )}
    </>
  );
}

function abortText({ stage, candidate, incumbent }: ExplainedRelease): ReactNode {
  if (stage === 'watched')
    return (
      <>
        <code>{candidate}</code> goes on serving, and nothing watches it any more.
      </>
    );
  return (
    <>
      <code>{candidate}</code> gets no more requests; <code>{incumbent}</code> goes on serving. It may be released again
      at once.
    </>
  );
}
