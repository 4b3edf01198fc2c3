import { Component, type ReactNode } from 'react';
import { PageTrouble } from './shell.js';

interface Props {
  /** Another place is another chance. */
  readonly place: string;
  readonly children: ReactNode;
}

interface State {
  readonly failedAt: string | null;
}

/** Keeps the frame standing when a page fails. */
export class PageBoundary extends Component<Props, State> {
  override readonly state: State = { failedAt: null };

  override componentDidCatch(): void {
    this.setState({ failedAt: this.props.place });
  }

  static getDerivedStateFromError(): State {
    return { failedAt: '' };
  }

  override componentDidUpdate(before: Props): void {
    if (before.place !== this.props.place && this.state.failedAt !== null) this.setState({ failedAt: null });
  }

  override render(): ReactNode {
    if (this.state.failedAt !== null) return <PageTrouble onRetry={() => location.reload()} />;
    return this.props.children;
  }
}
