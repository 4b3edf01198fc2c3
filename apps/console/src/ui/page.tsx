import { useEffect, useId, type ReactNode } from 'react';
import { Link } from 'wouter';

interface PageProps {
  readonly title: string;
  /** A sentence below the title. */
  readonly lede?: ReactNode;
  readonly actions?: ReactNode;
  readonly back?: { readonly href: string; readonly label: string };
  readonly children: ReactNode;
}

/** A page: its title, what can be done on it, and its sections. */
export function Page({ title, lede, actions, back, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Understudy`;
  }, [title]);
  return (
    <>
      <header className="page-head">
        <div>
          {back !== undefined && (
            <Link href={back.href} className="small">
              ← {back.label}
            </Link>
          )}
          <h1>{title}</h1>
          {lede !== undefined && <div className="page-lede">{lede}</div>}
        </div>
        {actions !== undefined && <div className="row wrap">{actions}</div>}
      </header>
      <div className="page-body">{children}</div>
    </>
  );
}

interface SectionProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  /** A sentence below the title. */
  readonly note?: ReactNode;
  readonly id?: string;
  readonly children: ReactNode;
}

/** A part of a page. */
export function Section({ title, actions, note, id, children }: SectionProps): ReactNode {
  const titleId = useId();
  const hasTitle = title !== undefined;
  return (
    <section className="card" id={id} aria-labelledby={hasTitle ? titleId : undefined}>
      {(hasTitle || actions !== undefined) && (
        <div className="card-head">
          {hasTitle && <h2 id={titleId}>{title}</h2>}
          {actions !== undefined && <div className="row wrap">{actions}</div>}
        </div>
      )}
      {note !== undefined && <p className="card-note">{note}</p>}
      {children}
    </section>
  );
}

/** Sections side by side where there is room for columns of `min` pixels. */
export function Columns({ min = 320, children }: { readonly min?: number; readonly children: ReactNode }): ReactNode {
  return (
    <div className="columns" style={{ gridTemplateColumns: `repeat(auto-fit, minmax(min(${min}px, 100%), 1fr))` }}>
      {children}
    </div>
  );
}
