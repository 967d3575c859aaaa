import { useLanguage } from './language.ts';
import { useMeasures } from './models-measures.ts';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

/** What this browser offers models to run on: the reason for all that is said about builds. */
export function ModelsMachine() {
  const { words, count } = useLanguage();
  const modelsWords = useModelsWords();
  const { size } = useMeasures();
  const devices = useApp((state) => state.devices);
  const { machine, measure } = modelsWords;
  if (devices === null) return <p className="models-machine models-note">{machine.probing}</p>;
  const { webgpu, threads, memoryBytes } = devices;
  return (
    <dl className="models-machine" aria-label={machine.label}>
      <div>
        <dt>{words.model.devices.webgpu}</dt>
        <dd>
          {webgpu.available
            ? [
                webgpu.adapter,
                ...(webgpu.software ? [machine.software] : []),
                webgpu.shaderF16 ? machine.halfPrecision : machine.noHalfPrecision,
                machine.buffers(size(Math.min(webgpu.maxBufferBytes, webgpu.maxBindingBytes))),
              ].join(' · ')
            : machine.noWebgpu}
        </dd>
      </div>
      <div>
        <dt>{words.model.devices.wasm}</dt>
        <dd>{measure.threads(count(threads), threads !== 1)}</dd>
      </div>
      <div>
        <dt>{machine.memory}</dt>
        <dd>
          {memoryBytes === null
            ? machine.memoryUnknown
            : machine.memoryAtLeast(modelsWords.size(count(memoryBytes / 2 ** 30), 'GiB'))}
        </dd>
      </div>
    </dl>
  );
}
