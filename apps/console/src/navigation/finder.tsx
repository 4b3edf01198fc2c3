import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Icon } from '../ui/icon.js';
import { toasts } from '../ui/toasts.js';
import { findTarget } from './find-target.js';

/** Goes to whatever has an id: run, file, version, release, experiment; any other is looked up as a completion or request. */
export function Finder(): ReactNode {
  const [text, setText] = useState('');
  const [, navigate] = useLocation();
  return (
    <form
      className="finder"
      role="search"
      aria-label="Ids"
      onSubmit={(event) => {
        event.preventDefault();
        const target = findTarget(text);
        if (target === null) {
          toasts.info('Paste the id of a completion, request, run, file, version, release or experiment.');
          return;
        }
        setText('');
        navigate(target);
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        aria-label="Find a completion, request or any other id"
        placeholder="Find an id…"
        title="The id of a completion or request tells which version wrote it. Press / to come here."
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}
