import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { CopyButton } from './copy-button.js';

interface IdProps {
  readonly value: string;
  readonly href?: string;
  /** Shortens long ones in the middle; the whole id is what is copied and what the pointer shows. */
  readonly short?: boolean;
}

const LONGEST = 24;

/** The name that a machine gave to something. */
export function Id({ value, href, short = false }: IdProps): ReactNode {
  const shown = short && value.length > LONGEST ? `${value.slice(0, 13)}…${value.slice(-8)}` : value;
  const text = <code title={value}>{shown}</code>;
  return (
    <span className="id">
      {href === undefined ? text : <Link href={href}>{text}</Link>}
      <CopyButton text={value} label={`Copy ${value}`} />
    </span>
  );
}
