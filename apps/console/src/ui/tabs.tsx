import { useId, type KeyboardEvent, type ReactNode } from 'react';

interface TabItem<T extends string> {
  readonly id: T;
  readonly title: string;
  readonly count?: number;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly items: readonly TabItem<T>[];
  /** What belongs to the tab that is chosen. */
  readonly children?: ReactNode;
}

/** Parts of a page of which one is shown; the arrow keys go from one to the next. */
export function Tabs<T extends string>({ label, value, onChange, items, children }: TabsProps<T>): ReactNode {
  const base = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    const index = items.findIndex(({ id }) => id === value);
    const next = items[(index + direction + items.length) % items.length];
    if (next === undefined) return;
    onChange(next.id);
    document.getElementById(`${base}-${next.id}`)?.focus();
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {items.map(({ id, title, count }) => (
          <button
            key={id}
            id={`${base}-${id}`}
            type="button"
            role="tab"
            className="tab"
            aria-selected={id === value}
            aria-controls={`${base}-panel`}
            tabIndex={id === value ? 0 : -1}
            onClick={() => onChange(id)}
          >
            {title}
            {count !== undefined && <span className="muted num"> {count}</span>}
          </button>
        ))}
      </div>
      <div id={`${base}-panel`} role="tabpanel" aria-labelledby={`${base}-${value}`} className="stack">
        {children}
      </div>
    </>
  );
}

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly options: readonly (readonly [T, string])[];
}

/** One of a few words. */
export function Segmented<T extends string>({ label, value, onChange, options }: SegmentedProps<T>): ReactNode {
  const name = useId();
  return (
    <div className="segmented" role="radiogroup" aria-label={label}>
      {options.map(([option, text]) => (
        <label key={option}>
          <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
          {text}
        </label>
      ))}
    </div>
  );
}
