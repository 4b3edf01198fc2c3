import type { ReactNode } from 'react';
import type { ApiFailure } from '../api/api-failure.js';
import { Button } from './button.js';

/** What stands where nothing is yet: why, and what to do. */
export function Empty(props: {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <h2>{props.title}</h2>
      {props.children !== undefined && <p>{props.children}</p>}
      {props.action}
    </div>
  );
}

/** Lines that stand for text that is on its way. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }): ReactNode {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} aria-hidden="true" />
      ))}
    </div>
  );
}

interface NoticeProps {
  readonly tone?: 'info' | 'good' | 'warn' | 'bad';
  readonly title?: string;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** Something that a person should know before they go on. */
export function Notice({ tone = 'info', title, actions, children }: NoticeProps): ReactNode {
  return (
    <div className="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : undefined}>
      <div>
        {title !== undefined && <strong>{title}</strong>}
        {title !== undefined && children !== undefined && ' '}
        {children}
      </div>
      {actions !== undefined && <div className="row wrap">{actions}</div>}
    </div>
  );
}

/** Why something is not there, and a way to try again. */
export function Failure(props: { readonly of: ApiFailure; readonly onRetry?: (() => void) | undefined }): ReactNode {
  const { of: failure, onRetry } = props;
  const retry = onRetry !== undefined && (
    <Button small icon="reload" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <Notice tone={failure.kind === 'offline' ? 'warn' : 'bad'} title={titleOf(failure)} actions={retry}>
      {failure.message}
      {failure.kind === 'failed' && failure.requestId !== null && (
        <span className="muted">
          {' '}
          Request <code>{failure.requestId}</code>.
        </span>
      )}
    </Notice>
  );
}

function titleOf({ kind, status, code }: ApiFailure): string {
  if (kind === 'offline') return 'Not connected.';
  if (code === 'trainer_unavailable') return 'The trainer is away.';
  if (status === 403) return 'This key may not see that.';
  if (status === 404) return 'Not found.';
  return kind === 'failed' ? 'That failed.' : 'Refused.';
}
