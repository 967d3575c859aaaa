import { cancelLoading } from '../app/model-actions.ts';
import { downloadLeftMs } from '../app/model-display.ts';
import type { ModelPhase } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { modelSummary } from './model-summary.ts';
import { useMeasures } from './models-measures.ts';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

/**
 * How far the load under way is, and the button that stops it; nothing when none is. Brief where
 * the same is told in full elsewhere on the page.
 */
export function ModelsProgress({ brief = false }: { readonly brief?: boolean }) {
  const language = useLanguage();
  const modelsWords = useModelsWords();
  const model = useApp((state) => state.model);
  const stoppable = useApp((state) => state.models.loading !== null);
  if (model.phase === 'none' || model.phase === 'ready' || model.phase === 'failed') return null;
  const downloading = model.phase === 'downloading';
  return (
    <div className="models-progress">
      <progress
        className="progress"
        aria-label={modelsWords.use.progress}
        max={1}
        {...(downloading && { value: model.loadedBytes / model.totalBytes })}
      />
      <p className="models-progress-line">
        <span>
          {downloading ? (
            <DownloadNumbers phase={model} brief={brief} />
          ) : (
            modelSummary(model, language)
          )}
        </span>
        {stoppable && (
          <button
            type="button"
            className="button button-quiet"
            title={downloading ? modelsWords.use.pauseHint : undefined}
            onClick={cancelLoading}
          >
            {downloading ? modelsWords.use.pause : modelsWords.use.cancel}
          </button>
        )}
      </p>
    </div>
  );
}

/** Bytes, speed and time left of a download, without a sentence around them. */
function DownloadNumbers(props: {
  readonly phase: Extract<ModelPhase, { phase: 'downloading' }>;
  readonly brief: boolean;
}) {
  const { phase, brief } = props;
  const modelsWords = useModelsWords();
  const { size, duration } = useMeasures();
  const { loadedBytes, totalBytes, bytesPerSecond } = phase;
  const parts = [modelsWords.amount(size(loadedBytes), size(totalBytes))];
  if (!brief && bytesPerSecond !== null) parts.push(modelsWords.use.speed(size(bytesPerSecond)));
  const leftMs = downloadLeftMs(phase);
  if (!brief && leftMs !== null) parts.push(modelsWords.use.left(duration(leftMs)));
  return parts.join(' · ');
}
