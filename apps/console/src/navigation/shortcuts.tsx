import { useEffect, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useSession } from '../session/use-session.js';
import { Dialog } from '../ui/dialog.js';
import { PAGES } from './page-table.js';

/** How long after g the second letter may come. */
const SECOND_MS = 1200;

/** Keys that go somewhere from anywhere: g and a letter, / for the search, ? for the list of them. */
export function Shortcuts(): ReactNode {
  const { can } = useSession();
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const pages = PAGES.filter((page) => page.isHidden !== true && can(page.scope));
  useEffect(() => {
    let goneAtMs = -Infinity;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.timeStamp - goneAtMs < SECOND_MS) {
        goneAtMs = -Infinity;
        const page = PAGES.find(({ key, scope, isHidden }) => key === event.key && isHidden !== true && can(scope));
        if (page !== undefined) navigate(page.path);
      } else if (event.key === 'g') goneAtMs = event.timeStamp;
      else if (event.key === '?') setOpen(true);
      else if (event.key === '/') {
        event.preventDefault();
        document.querySelector<HTMLElement>('[role=search] input')?.focus();
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
  return (
    <Dialog open={isOpen} title="Keys" onClose={() => setOpen(false)}>
      <dl className="facts">
        {pages.map(({ key, title }) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Find an id</dd>
        <dt>
          <kbd>←</kbd> <kbd>→</kbd> <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd>
        </dt>
        <dd>On a chart: cursor, closer, wider, all of it</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>This list</dd>
      </dl>
    </Dialog>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.closest('input,textarea,select') !== null)
  );
}
