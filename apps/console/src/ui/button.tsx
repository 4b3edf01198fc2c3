import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from 'wouter';
import { Icon, type IconName } from './icon.js';

type Kind = 'primary' | 'plain' | 'danger' | 'ghost';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'style'> {
  readonly kind?: Kind;
  readonly small?: boolean;
  /** What it started is under way; it cannot be pressed again until then. */
  readonly busy?: boolean;
  readonly icon?: IconName;
}

/** A button. */
export function Button({ kind = 'plain', small = false, busy = false, icon, ...props }: ButtonProps): ReactNode {
  const { children, onClick, type = 'button', ...rest } = props;
  return (
    <button
      {...rest}
      type={type}
      className="button"
      data-kind={kind}
      data-small={small}
      // Not disabled for the browser, which would take the focus from it.
      aria-disabled={busy || undefined}
      aria-busy={busy}
      onClick={(event) => {
        // A form that is sent by Enter presses its button, too.
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

interface ButtonLinkProps {
  readonly href: string;
  readonly kind?: Kind;
  readonly small?: boolean;
  readonly icon?: IconName;
  readonly children: ReactNode;
}

/** A link that looks like a button. */
export function ButtonLink({ href, kind = 'plain', small = false, icon, children }: ButtonLinkProps): ReactNode {
  return (
    <Link href={href} className="button" data-kind={kind} data-small={small}>
      {icon !== undefined && <Icon name={icon} size={14} />}
      {children}
    </Link>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'busy'> {
  readonly icon: IconName;
  /** What it does, for those who do not see the drawing and for the pointer. */
  readonly label: string;
}

/** A button that shows nothing but a drawing. */
export function IconButton({ icon, label, kind = 'ghost', small = false, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className="button"
      data-kind={kind}
      data-icon="true"
      data-small={small}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} size={small ? 13 : 16} />
    </button>
  );
}
