import { useState, type ReactNode } from 'react';

interface DisclosureProps {
  readonly summary: ReactNode;
  readonly open?: boolean;
  readonly children: ReactNode;
}

/** What not everybody needs to see; it is made when somebody opens it. */
export function Disclosure({ summary, open = false, children }: DisclosureProps): ReactNode {
  const [wasOpened, setOpened] = useState(open);
  return (
    <details className="disclosure" open={open} onToggle={() => setOpened(true)}>
      <summary>{summary}</summary>
      <div>{wasOpened && children}</div>
    </details>
  );
}
