import { InputPanel } from './InputPanel.tsx';
import { ResultPanel } from './ResultPanel.tsx';

export function RerankView() {
  return (
    <div className="rerank-view">
      <InputPanel />
      <ResultPanel />
    </div>
  );
}
