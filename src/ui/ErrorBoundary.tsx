import { Component, type ReactNode } from 'react';
import type { Dictionary } from './en.ts';

interface Props {
  readonly words: Dictionary['crash'];
  readonly children: ReactNode;
}

/** Keeps a failure to draw inside one view; the text stays in the tab's storage. */
export class ErrorBoundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { words, children } = this.props;
    if (this.state.error === null) return children;
    return (
      <section className="notice notice-bad" role="alert">
        <h2>{words.heading}</h2>
        <p>{words.text}</p>
        <pre>{String(this.state.error)}</pre>
        <button type="button" className="button" onClick={() => location.reload()}>
          {words.reload}
        </button>
      </section>
    );
  }
}
