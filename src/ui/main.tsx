import '../app/trusted-types.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/ranking.css';
import './styles/traps.css';
import './styles/models.css';
import './styles/models-catalog.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { collections } from '../app/collections-service.ts';
import type { evaluateFiles } from '../app/evaluate-files.ts';
import { crossrank } from '../app/services.ts';
import { languageOf, startApp } from '../app/settings-actions.ts';
import { store } from '../app/store.ts';
import { App } from './App.tsx';
import { loadLanguage } from './language.ts';

declare global {
  interface Window {
    /** The console API: `await crossrank.rerank({ query, documents })`. */
    crossrank: typeof crossrank;
    /** Imports files, reranks and evaluates, without the page's controls: `npm run evaluate`. */
    crossrankEvaluate: typeof evaluateFiles;
    /** The collections on this machine, for scripts. */
    crossrankCollections: () => Promise<typeof collections>;
  }
}

window.crossrank = crossrank;
window.crossrankCollections = async () =>
  (await import('../app/collections-service.ts')).collections;
window.crossrankEvaluate = async (...args) =>
  (await import('../app/evaluate-files.ts')).evaluateFiles(...args);
// Where this browser cannot run the app, a message stands in the page instead of its root.
const root = document.getElementById('root');
if (root !== null) startApp();

// In the language that is wanted from the first word on; without it in the one that is here.
await loadLanguage(languageOf(store.getState().settings)).catch(() => undefined);

if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

// After what the first visit is about; sooner on a host that cannot send headers, where the service
// worker has to give the page its threads.
setTimeout(
  () => import('../app/offline-actions.ts').then((actions) => actions.startOffline()),
  crossOriginIsolated ? 1000 : 0,
);
