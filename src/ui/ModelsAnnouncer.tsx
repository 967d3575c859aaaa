import { nameOfModel } from '../app/model-display.ts';
import type { ModelPhase } from '../app/store.ts';
import { type Language, useLanguage } from './language.ts';
import { placeOf } from './model-summary.ts';
import { useApp } from './use-app.ts';
import { modelsWordsOf, useModelsWords } from './use-models-words.ts';

/** Says when something begins and ends, to those who do not see it; never each byte. */
export function ModelsAnnouncer() {
  const language = useLanguage();
  const { announce } = useModelsWords();
  const model = useApp((state) => state.model);
  const loading = useApp((state) => state.models.loading?.model ?? null);
  const copying = useApp(({ models: { importing } }) =>
    importing.phase === 'copying' ? importing.name : null,
  );
  const benchmark = useApp((state) => state.models.benchmark.phase);
  const lookUp = useApp((state) => state.models.lookUp);
  const messages = [
    phaseMessage(model, loading, language),
    copying === null ? '' : announce.copying(copying),
    benchmark === 'running' ? announce.measuring : '',
    benchmark === 'done' ? announce.measured : '',
    lookUp.phase === 'asking' ? announce['looking-up'](lookUp.model) : '',
    lookUp.phase === 'found' ? announce.found(lookUp.outlook.card.name) : '',
  ];
  return (
    <div className="visually-hidden" role="status">
      {/* One element each, so that only the one that changed is read. */}
      {messages.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the places are fixed, the words change.
        <p key={index}>{message}</p>
      ))}
    </div>
  );
}

function phaseMessage(model: ModelPhase, loading: string | null, language: Language): string {
  const { announce } = modelsWordsOf(language.tag);
  switch (model.phase) {
    case 'ready':
      return announce.ready(nameOfModel(model.model.model), placeOf(model.model, language));
    case 'failed':
      // The notice speaks for itself.
      return '';
    case 'none':
      return announce.none;
    case 'looking-up':
    case 'downloading':
    case 'preparing':
    case 'testing':
      return loading === null ? '' : announce[model.phase](nameOfModel(loading));
    default: {
      const unknown: never = model;
      return String(unknown);
    }
  }
}
