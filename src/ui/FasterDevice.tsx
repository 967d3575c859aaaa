import { fasterDeviceOf } from '../app/device-memory.ts';
import { forgetFasterDevice } from '../app/model-actions.ts';
import { wantedModelId } from '../app/model-phase.ts';
import { useLanguage } from './language.ts';
import { useApp } from './use-app.ts';

/** Why the automatic choice is the device that it is, where both were compared; and a way back. */
export function FasterDevice() {
  const { tag, words } = useLanguage();
  const model = useApp((state) => wantedModelId(state.settings));
  const faster = useApp((state) => fasterDeviceOf(state, model));
  if (faster === null) return null;
  const date = new Intl.DateTimeFormat(tag === 'zh' ? 'zh-Hans' : 'en', {
    day: 'numeric',
    month: 'short',
  }).format(faster.comparedAt);
  return (
    <p className="faster-device" data-testid="faster-device">
      {words.model.faster(words.model.devices[faster.device], date)}{' '}
      <button type="button" className="link" onClick={() => forgetFasterDevice(model)}>
        {words.model.forgetFaster}
      </button>
    </p>
  );
}
