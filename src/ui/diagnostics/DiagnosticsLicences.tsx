import { useId, useState } from 'react';
import { readLicences } from '../../app/licences-list.ts';
import { useLanguage } from '../language.ts';
import { useDiagnosticsWords } from './use-diagnostics.ts';

type Licences = Awaited<ReturnType<typeof readLicences>>;

type Phase =
  | { readonly phase: 'closed' }
  | { readonly phase: 'fetching' }
  | { readonly phase: 'ready'; readonly licences: Licences }
  | { readonly phase: 'failed' };

/** What the app is built from; fetched when it is opened. */
export function DiagnosticsLicences() {
  const { licences: words } = useDiagnosticsWords();
  const [state, setState] = useState<Phase>({ phase: 'closed' });
  const id = useId();
  const fetchList = async (): Promise<void> => {
    setState({ phase: 'fetching' });
    try {
      setState({ phase: 'ready', licences: await readLicences() });
    } catch {
      setState({ phase: 'failed' });
    }
  };
  return (
    <section className="licences" aria-labelledby={id}>
      <h2 id={id}>{words.heading}</h2>
      <details
        onToggle={(event) => {
          if (event.currentTarget.open && state.phase === 'closed') fetchList();
        }}
      >
        <summary>{words.open}</summary>
        <div role="status">
          {state.phase === 'fetching' && <p className="diagnostics-note">{words.loading}</p>}
          {state.phase === 'failed' && <p>{words.failed}</p>}
        </div>
        {state.phase === 'failed' && (
          <button type="button" className="button" onClick={fetchList}>
            {words.again}
          </button>
        )}
        {state.phase === 'ready' && <LicenceTexts {...state.licences} />}
      </details>
    </section>
  );
}

function LicenceTexts({ packages, modelCard }: Licences) {
  const { count } = useLanguage();
  const { licences: words } = useDiagnosticsWords();
  return (
    <>
      <p className="diagnostics-note">{words.note(count(packages.length))}</p>
      <ul className="licence-list">
        {packages.map(({ name, version, licence, text }) => (
          <li key={name}>
            <details>
              <summary>
                <span className="mono">{name}</span> <span className="muted">{version}</span>{' '}
                <span className="licence-id">{licence}</span>
              </summary>
              <section aria-label={words.text(name)}>
                <pre lang="en">{text}</pre>
              </section>
            </details>
          </li>
        ))}
        {modelCard !== null && (
          <li>
            <details>
              <summary>{words.model}</summary>
              <pre lang="en">{modelCard}</pre>
            </details>
          </li>
        )}
      </ul>
      <p className="diagnostics-note">{words.traps}</p>
    </>
  );
}
