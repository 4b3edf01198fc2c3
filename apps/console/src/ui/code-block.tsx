import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.js';

/** Text for machines, ready to be copied. */
export function CodeBlock({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }): ReactNode {
  return (
    <div className="code-block">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}
