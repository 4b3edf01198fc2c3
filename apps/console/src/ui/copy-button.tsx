import { useEffect, useState, type ReactNode } from 'react';
import { Icon } from './icon.js';
import { toasts } from './toasts.js';

const SHOWN_MS = 1500;

/** Puts a text into the clipboard. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = (): void => {
    // Not there on a page that came over plain HTTP from another machine.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    const failed = (): void => toasts.bad('The browser does not let this page write to the clipboard.');
    if (clipboard === undefined) failed();
    else clipboard.writeText(text).then(() => setCopied(true), failed);
  };
  return (
    <button
      type="button"
      className="copy"
      onClick={copy}
      aria-label={isCopied ? 'Copied' : label}
      title={isCopied ? 'Copied' : label}
    >
      <Icon name={isCopied ? 'check' : 'copy'} size={13} />
    </button>
  );
}
