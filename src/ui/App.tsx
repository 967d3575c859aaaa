import { Suspense, useEffect, useRef } from 'react';
import { watchErrors } from '../app/diagnostics-watch.ts';
import { cancelRerank } from '../app/rerank-actions.ts';
import { addressOf, languageOf } from '../app/settings-actions.ts';
import type { View } from '../app/store.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { Footer } from './Footer.tsx';
import { LanguageContext, useLoadedLanguage } from './language.ts';
import { lazyPart } from './lazy-part.tsx';
import { ModelBadge } from './ModelBadge.tsx';
import { Preferences } from './Preferences.tsx';
import { RerankView } from './RerankView.tsx';
import { useApp } from './use-app.ts';

/** In the bar at the top; the others are linked below. */
const mainViews: readonly View[] = ['rerank', 'traps', 'collections', 'models'];

/** Fetched when they are opened: a first visit does not need them. */
const AppNotices = lazyPart(async () => (await import('./AppNotices.tsx')).AppNotices);

const TrapsView = lazyPart(async () => (await import('./TrapsView.tsx')).TrapsView);

const ModelsView = lazyPart(async () => (await import('./ModelsView.tsx')).ModelsView);

const CollectionsView = lazyPart(
  async () => (await import('./collections/CollectionsView.tsx')).CollectionsView,
);

const PrivacyView = lazyPart(async () => (await import('./privacy/PrivacyView.tsx')).PrivacyView);

const DiagnosticsView = lazyPart(
  async () => (await import('./diagnostics/DiagnosticsView.tsx')).DiagnosticsView,
);

const viewOf = {
  rerank: RerankView,
  traps: TrapsView,
  collections: CollectionsView,
  models: ModelsView,
  privacy: PrivacyView,
  diagnostics: DiagnosticsView,
} as const;

/** Whatever fails, the page is never blank. */
export function App() {
  useEffect(watchErrors, []);
  return (
    <ErrorBoundary>
      <Page />
    </ErrorBoundary>
  );
}

function Page() {
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
          {mainViews.map((name) => (
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
          <ErrorBoundary silent>
            <ModelBadge />
          </ErrorBoundary>
          <Preferences />
        </div>
      </header>
      <ErrorBoundary silent>
        <Suspense>
          <AppNotices />
        </Suspense>
      </ErrorBoundary>
      <main ref={main} id="main" tabIndex={-1}>
        <ErrorBoundary key={view}>
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
