import type { ReactNode } from 'react';
import { Link } from 'wouter';

interface StatProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly unit?: string;
  readonly hint?: ReactNode;
  readonly tone?: 'good' | 'warn' | 'bad';
  readonly href?: string;
}

/** A number with its name. */
export function Stat({ label, value, unit, hint, tone, href }: StatProps): ReactNode {
  const inside = (
    <>
      <div className="stat-label">{label}</div>
      <div className={tone === undefined ? 'stat-value' : `stat-value tone-${tone}`}>
        {value}
        {unit !== undefined && <span className="stat-unit">{unit}</span>}
      </div>
      {hint !== undefined && <div className="stat-hint">{hint}</div>}
    </>
  );
  if (href === undefined) return <div className="stat">{inside}</div>;
  return (
    <Link href={href} className="stat">
      {inside}
    </Link>
  );
}

/** Numbers side by side. */
export function Stats({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="stats">{children}</div>;
}
