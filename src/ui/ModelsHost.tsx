import { useState } from 'react';
import { changeHost } from '../app/model-actions.ts';
import { hostChoiceOf, hostChoices, typedHost } from '../app/models-view.ts';
import { Segments } from './Segments.tsx';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

/** Where models are fetched from: the hub, a ready mirror, or any address of that kind. */
export function ModelsHost() {
  const host = useApp((state) => state.settings.host);
  const chosen = hostChoiceOf(host);
  // "Other" is a choice before there is an address for it.
  const [choosing, setChoosing] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const { other } = useModelsWords();
  const choice = choosing ? 'other' : chosen;
  const shown = typed ?? (chosen === 'other' ? host : '');
  const wrong = typed !== null && typed !== '' && typedHost(typed) === null;
  const take = (address: string): void => {
    const checked = typedHost(address);
    if (checked !== null && checked !== host) changeHost(checked);
  };
  return (
    <div className="models-host">
      <span className="models-note" aria-hidden="true">
        {other.host}
      </span>
      <Segments
        label={other.host}
        options={hostChoices}
        value={choice}
        wordOf={(option) => (option === 'other' ? other.otherHost : option.replace('https://', ''))}
        onChoose={(option) => {
          setTyped(null);
          setChoosing(option === 'other');
          if (option !== 'other') changeHost(option);
        }}
      />
      {choice === 'other' && (
        <div className="models-address">
          <input
            type="url"
            className="box mono"
            aria-label={other.address}
            aria-invalid={wrong}
            aria-describedby="models-address-hint"
            placeholder="https://"
            spellCheck={false}
            value={shown}
            onChange={(event) => setTyped(event.target.value)}
            onBlur={() => take(shown)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.nativeEvent.isComposing) take(shown);
            }}
          />
          <p id="models-address-hint" className={wrong ? 'models-note models-bad' : 'models-note'}>
            {wrong ? other.addressWrong : other.addressHint}
          </p>
        </div>
      )}
    </div>
  );
}
