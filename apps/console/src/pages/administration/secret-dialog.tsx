import type { ReactNode } from 'react';
import { Button } from '../../ui/button.js';
import { CodeBlock } from '../../ui/code-block.js';
import { Dialog } from '../../ui/dialog.js';
import { Notice } from '../../ui/states.js';

interface SecretDialogProps {
  readonly title: string;
  readonly secret: string;
  /** Of the button that copies it. */
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Shows a secret once. */
export function SecretDialog({ title, secret, label, onClose, children }: SecretDialogProps): ReactNode {
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          I have it
        </Button>
      }
    >
      <Notice tone="warn" title="Copy it now.">
        {children}
      </Notice>
      <CodeBlock text={secret} label={label} />
    </Dialog>
  );
}
