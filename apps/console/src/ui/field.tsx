import { useId, type ReactNode } from 'react';

/** What joins a control with its label, hint and problem. */
interface ControlIds {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

/** What every field has around its control. */
export interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with the value. */
  readonly problem?: string | undefined;
  readonly optional?: boolean;
}

/** A label, a control, and what is to be said about its value. */
export function Field(props: FieldProps & { readonly children: (ids: ControlIds) => ReactNode }): ReactNode {
  const { label, hint, problem, optional = false, children } = props;
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, problem !== undefined && `${id}-problem`].filter(Boolean);
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {optional && <span className="muted">optional</span>}
      </label>
      {children({
        id,
        'aria-describedby': described.length === 0 ? undefined : described.join(' '),
        'aria-invalid': problem !== undefined,
      })}
      {problem !== undefined && (
        <div className="field-problem" id={`${id}-problem`} role="alert">
          {problem}
        </div>
      )}
      {hint !== undefined && (
        <div className="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  );
}
