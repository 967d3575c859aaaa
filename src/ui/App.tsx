import { useEffect } from 'react';
import { addressOf, languageOf } from '../app/settings-actions.ts';
import type { View } from '../app/store.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { Footer } from './Footer.tsx';
import { LanguageContext, languageFor } from './language.ts';
import { ModelBadge } from './ModelBadge.tsx';
import { Preferences } from './Preferences.tsx';
import { RerankView } from './RerankView.tsx';
import { TrapsView } from './TrapsView.tsx';
import { useApp } from './use-app.ts';

const views: readonly View[] = ['rerank', 'traps'];

export function App() {
  const settings = useApp((state) => state.settings);
  const view = useApp((state) => state.view);
  const language = languageFor(languageOf(settings));
  const { words } = language;

  useEffect(() => {
    const root = document.documentElement;
    root.lang = language.tag === 'zh' ? 'zh-Hans' : 'en';
    root.dataset.theme = settings.theme;
    document.title = `${words.nav[view]} · ${words.product}`;
  }, [language.tag, settings.theme, words, view]);

  return (
    <LanguageContext value={language}>
      <a className="skip-link" href="#results">
        {words.nav.skip}
      </a>
      <header className="masthead">
        <a className="wordmark" href={addressOf('rerank')}>
          <Mark />
          {words.product}
        </a>
        <nav aria-label={words.nav.label}>
          {views.map((name) => (
            <a
              key={name}
              className="nav-link"
              href={addressOf(name)}
              aria-current={view === name ? 'page' : undefined}
            >
              {words.nav[name]}
            </a>
          ))}
        </nav>
        <div className="masthead-end">
          <ModelBadge />
          <Preferences />
        </div>
      </header>
      <main>
        <ErrorBoundary key={view} words={words.crash}>
          {view === 'rerank' ? <RerankView /> : <TrapsView />}
        </ErrorBoundary>
      </main>
      <Footer />
    </LanguageContext>
  );
}

/** Two orders of three documents, the last one crossing to the top. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2 4h4c4 0 4 6 8 6h4M2 10h4c4 0 4 6 8 6h4" className="mark-fall" />
      <path d="M2 16h4c4 0 4-12 8-12h4" className="mark-rise" />
    </svg>
  );
}
