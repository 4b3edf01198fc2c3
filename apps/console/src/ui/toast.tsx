import { useSyncExternalStore, type ReactNode } from 'react';
import { IconButton } from './button.js';
import { toasts } from './toasts.js';

/** Says something without stopping anybody: `useToast().good('Saved')`. */
export function useToast(): Pick<typeof toasts, 'good' | 'bad' | 'info'> {
  return toasts;
}

/** Where messages are shown; once on the page. */
export function ToastHost(): ReactNode {
  const items = useSyncExternalStore(toasts.subscribe, () => toasts.items);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {items.map(({ id, tone, text }) => (
        <div key={id} className="toast" data-tone={tone}>
          <span>{text}</span>
          <IconButton icon="close" label="Dismiss" small onClick={() => toasts.dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
