import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/ranking.css';
import './styles/traps.css';
import './styles/models.css';
import './styles/models-catalog.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { crossrank } from '../app/services.ts';
import { startApp } from '../app/settings-actions.ts';
import { App } from './App.tsx';

declare global {
  interface Window {
    /** The console API: `await crossrank.rerank({ query, documents })`. */
    crossrank: typeof crossrank;
  }
}

window.crossrank = crossrank;
startApp();

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
