import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Facts } from '../ui/facts.js';
import { Section } from '../ui/page.js';
import { Time } from '../ui/time.js';
import { releasePath } from './paths.js';
import { ReleaseDialog } from './release-dialog.js';
import type { Deployment } from './serving-types.js';
import { useDeploymentActions } from './use-deployment-actions.js';
import { VersionName } from './version-name.js';

/** What serves a deployment, and what a person can do about it. */
export function DeploymentPanel({ deployment }: { readonly deployment: Deployment }): ReactNode {
  const { name, incumbent, previous, release, pin, updated_at: since } = deployment;
  const [isReleasing, setReleasing] = useState(false);
  const actions = useDeploymentActions();
  const buttons = (
    <>
      {pin === null ? (
        <Button small icon="pin" busy={actions.isRunning} onClick={() => void actions.pin(deployment)}>
          Pin
        </Button>
      ) : (
        <Button small icon="pin" busy={actions.isRunning} onClick={() => void actions.unpin(deployment)}>
          Unpin
        </Button>
      )}
      <Button
        small
        kind="danger"
        icon="undo"
        busy={actions.isRunning}
        disabled={previous === null}
        title={previous === null ? 'There is no previous version to go back to.' : undefined}
        onClick={() => void actions.rollBack(deployment)}
      >
        Roll back
      </Button>
      <Button small kind="primary" icon="release" onClick={() => setReleasing(true)}>
        Release a version
      </Button>
    </>
  );
  return (
    <Section
      title={
        <span className="row wrap">
          {name}
          {pin !== null && <Badge tone="warn">pinned</Badge>}
        </span>
      }
      actions={buttons}
    >
      <Facts
        items={[
          [
            'Serves',
            incumbent === null ? (
              'nothing yet'
            ) : (
              <span className="row wrap">
                <VersionName id={incumbent} />
                <span className="muted small">
                  changed <Time at={since} />
                </span>
              </span>
            ),
          ],
          ['Goes back to', previous === null ? <span className="muted">nothing</span> : <VersionName id={previous} />],
          [
            'Open release',
            release === null ? <span className="muted">none</span> : <Link href={releasePath(release)}>{release}</Link>,
          ],
          ...(pin === null
            ? []
            : [
                [
                  'Pinned',
                  <>
                    by {pin.by} <Time at={pin.at} />
                    {pin.reason !== null && `: ${pin.reason}`}
                  </>,
                ] as const,
              ]),
        ]}
      />
      {isReleasing && <ReleaseDialog deployment={name} onClose={() => setReleasing(false)} />}
    </Section>
  );
}
