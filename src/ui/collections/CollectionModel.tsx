import { chosenModelName } from '../../app/collection-model.ts';
import { addressOf } from '../../app/settings-actions.ts';
import { useLanguage } from '../language.ts';
import { placeOf } from '../model-summary.ts';
import { useApp } from '../use-app.ts';
import { useCollectionWords } from './use-collections.ts';

/** The model that a run would use, and the way to another. */
export function CollectionModel() {
  const { rerank } = useCollectionWords();
  const language = useLanguage();
  const model = useApp((state) => (state.model.phase === 'ready' ? state.model.model : null));
  const name = useApp(chosenModelName);
  return (
    <p className="collection-model">
      <span className="muted">{rerank.model}</span>
      <span>
        <span className="collection-model-name">{name}</span>{' '}
        <span className="models-note">
          {model === null ? rerank.notLoaded : placeOf(model, language)}
        </span>
      </span>
      <a href={addressOf('models')} title={rerank.changeLabel}>
        {rerank.change}
      </a>
    </p>
  );
}
