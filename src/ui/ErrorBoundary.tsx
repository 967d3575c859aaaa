import { Component, type ReactNode, useState } from 'react';
import { noteErrorLater } from '../app/diagnostics-watch.ts';
import { languageOf } from '../app/settings-actions.ts';
import { store } from '../app/store.ts';
import { crashWords } from './crash-words.ts';
import { PartMissingError } from './lazy-part.tsx';

interface Props {
  /** For what the page can do without: it goes away instead of saying that it failed. */
  readonly silent?: boolean;
  readonly children: ReactNode;
}

/** Set when something was thrown, which could itself be null. */
interface State {
  readonly thrown: { readonly error: unknown } | null;
}

/** Keeps a failure to draw inside one part of the page; the text stays in the tab's storage. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { thrown: null };

  static getDerivedStateFromError(error: unknown): State {
    return { thrown: { error } };
  }

  override componentDidCatch(error: unknown): void {
    noteErrorLater('view', error);
  }

  override render(): ReactNode {
    const { thrown } = this.state;
    if (thrown === null) return this.props.children;
    if (this.props.silent === true) return null;
    return <Crash error={thrown.error} onAgain={() => this.#drawAgain(thrown.error)} />;
  }

  #drawAgain(error: unknown): void {
    if (error instanceof PartMissingError) error.renew();
    // The button goes away; whoever pressed it goes on where the view will be.
    document.getElementById('main')?.focus({ preventScroll: true });
    this.setState({ thrown: null });
  }
}

/** Without the page's dictionary, which may be what failed. */
function Crash({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  const words = crashWords[languageOf(store.getState().settings)];
  const { heading, text } = error instanceof PartMissingError ? words.missing : words.failed;
  const [copied, setCopied] = useState(false);
  // Shown where nothing can be copied.
  const [shown, setShown] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    const report = await diagnosticsOf(error);
    try {
      await navigator.clipboard.writeText(report);
      setCopied(true);
    } catch {
      setShown(report);
    }
  };
  return (
    <div className="models-view">
      <section className="notice notice-bad" role="alert">
        <h2>{heading}</h2>
        <p>{text}</p>
        <p className="input-actions">
          <button type="button" className="button" onClick={onAgain}>
            {words.again}
          </button>
          <button type="button" className="button" onClick={() => location.reload()}>
            {words.reload}
          </button>
          <button type="button" className="button button-quiet" onClick={copy}>
            <span aria-live="polite">{copied ? words.copied : words.copy}</span>
          </button>
        </p>
        {shown !== null && (
          <textarea
            className="box export-preview"
            rows={12}
            readOnly
            aria-label={words.copy}
            value={shown}
          />
        )}
      </section>
    </div>
  );
}

/** In full, or the little that is known where even that cannot be fetched. */
async function diagnosticsOf(error: unknown): Promise<string> {
  try {
    const { crashReport } = await import('../app/diagnostics-report.ts');
    return await crashReport(error);
  } catch {
    const kind = error instanceof Error ? error.constructor.name : typeof error;
    return `${kind}\n${store.getState().view}\n${navigator.userAgent}`;
  }
}
