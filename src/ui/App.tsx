import { lazy, Suspense, useEffect, useRef } from 'react';
import { cancelRerank } from '../app/rerank-actions.ts';
import { addressOf, languageOf } from '../app/settings-actions.ts';
import type { View } from '../app/store.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { Footer } from './Footer.tsx';
import { LanguageContext, useLoadedLanguage } from './language.ts';
import { ModelBadge } from './ModelBadge.tsx';
import { Preferences } from './Preferences.tsx';
import { RerankView } from './RerankView.tsx';
import { TrapsView } from './TrapsView.tsx';
import { useApp } from './use-app.ts';

const views: readonly View[] = ['rerank', 'traps', 'collections', 'models'];

/** Fetched when they are opened: a first visit does not need them. */
const ModelsView = lazy(async () => ({ default: (await import('./ModelsView.tsx')).ModelsView }));

const CollectionsView = lazy(async () => ({
  default: (await import('./collections/CollectionsView.tsx')).CollectionsView,
}));

const viewOf = {
  rerank: RerankView,
  traps: TrapsView,
  collections: CollectionsView,
  models: ModelsView,
} as const;

export function App() {
  const settings = useApp((state) => state.settings);
  const view = useApp((state) => state.view);
  const language = useLoadedLanguage(languageOf(settings));
  const { words } = language;

  useEffect(() => {
    const root = document.documentElement;
    root.lang = language.tag === 'zh' ? 'zh-Hans' : 'en';
    root.dataset.theme = settings.theme;
    document.title = `${words.nav[view]} · ${words.product}`;
  }, [language.tag, settings.theme, words, view]);

  const CurrentView = viewOf[view];
  const main = useRef<HTMLElement>(null);
  const shownView = useRef(view);
  useEffect(() => {
    if (shownView.current === view) return;
    shownView.current = view;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [view]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const closesPanel = document.querySelector(':popover-open') !== null;
      if (event.key === 'Escape' && !event.isComposing && !closesPanel) cancelRerank();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);

  return (
    <LanguageContext value={language}>
      {/* A button, since the address names the view and must keep doing so. */}
      <button type="button" className="skip-link" onClick={() => main.current?.focus()}>
        {words.nav.skip}
      </button>
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
      <main ref={main} id="main" tabIndex={-1}>
        <ErrorBoundary key={view} words={words.crash}>
          <Suspense>
            <CurrentView />
          </Suspense>
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
