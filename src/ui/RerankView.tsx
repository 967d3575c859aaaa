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
      <ResultPanel />
      <RerankDrop />
    </div>
  );
}
