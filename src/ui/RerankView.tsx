import { ErrorBoundary } from './ErrorBoundary.tsx';
import { InputPanel } from './InputPanel.tsx';
import { useLanguage } from './language.ts';
import { RerankDrop } from './RerankDrop.tsx';
import { ResultPanel } from './ResultPanel.tsx';

export function RerankView() {
  const { words } = useLanguage();
  return (
    <div className="rerank-view">
      <h1 className="visually-hidden">{words.nav.rerank}</h1>
      <InputPanel />
      {/* What is typed stays in sight, whatever becomes of the result. */}
      <ErrorBoundary>
        <ResultPanel />
      </ErrorBoundary>
      <RerankDrop />
    </div>
  );
}
