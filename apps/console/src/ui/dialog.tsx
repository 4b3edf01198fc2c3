import { useEffect, useId, useRef, type ReactNode } from 'react';
import { IconButton } from './button.js';

interface DialogProps {
  readonly open: boolean;
  /** Told when a person leaves it by Escape or by its cross. */
  readonly onClose: () => void;
  readonly title: string;
  /** Buttons below its content. */
  readonly actions?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

const FIRST = ['input', 'select', 'textarea', 'button']
  .map((name) => `.dialog-body ${name}:not(:disabled, [tabindex="-1"])`)
  .join();

/** A window in front of the page. The focus stays inside of it and comes back afterwards. */
export function Dialog({ open, onClose, title, actions, wide = false, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element === null || !open) return;
    const before = document.activeElement;
    element.showModal();
    // Rather where something is to be written or answered than on the cross, which comes first.
    element.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={dialog}
      className="dialog"
      data-wide={wide}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <div className="dialog-body">{children}</div>
      {actions !== undefined && <div className="dialog-foot">{actions}</div>}
    </dialog>
  );
}
