import { useState, type ReactNode } from 'react';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { CheckField } from './inputs.js';

interface ColumnChoiceProps {
  readonly columns: readonly { readonly key: string; readonly title: string }[];
  readonly shown: ReadonlySet<string>;
  readonly onChange: (shown: Set<string>) => void;
}

/** Which columns a table shows; the first one always. */
export function ColumnChoice({ columns, shown, onChange }: ColumnChoiceProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const change = (key: string, isShown: boolean): void => {
    const next = new Set(shown);
    if (isShown) next.add(key);
    else next.delete(key);
    onChange(next);
  };
  return (
    <>
      <Button small kind="ghost" icon="columns" onClick={() => setOpen(true)}>
        Columns
      </Button>
      <Dialog open={isOpen} title="Columns" onClose={() => setOpen(false)}>
        {columns.map(({ key, title }, index) => (
          <CheckField
            key={key}
            label={title}
            checked={shown.has(key)}
            disabled={index === 0}
            onChange={(isShown) => change(key, isShown)}
          />
        ))}
      </Dialog>
    </>
  );
}
