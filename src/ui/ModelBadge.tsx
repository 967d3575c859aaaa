import { Suspense, useState } from 'react';
import { useLanguage } from './language.ts';
import { lazyPart } from './lazy-part.tsx';
import { modelSummary } from './model-summary.ts';
import { useApp } from './use-app.ts';

/** Fetched when somebody is about to open it. */
const ModelPanel = lazyPart(async () => (await import('./ModelPanel.tsx')).ModelPanel);

/** What is loaded and where it runs; opens a panel in which the device is chosen. */
export function ModelBadge() {
  const language = useLanguage();
  const { words } = language;
  const model = useApp((state) => state.model);
  const [wanted, setWanted] = useState(false);
  const want = (): void => setWanted(true);
  return (
    <>
      <button
        type="button"
        className="model-badge"
        popoverTarget="model-panel"
        aria-label={`${words.model.label}: ${modelSummary(model, language)}`}
        data-phase={model.phase}
        onPointerEnter={want}
        onFocus={want}
        onClick={want}
      >
        <span className="dot" aria-hidden="true" />
        <span className="model-badge-text">{modelSummary(model, language)}</span>
      </button>
      <section id="model-panel" popover="auto" className="panel" aria-label={words.model.label}>
        {wanted && (
          <Suspense>
            <ModelPanel />
          </Suspense>
        )}
      </section>
    </>
  );
}
