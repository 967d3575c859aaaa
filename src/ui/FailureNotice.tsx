import { retryOnWasm } from '../app/settings-actions.ts';
import type { Failure } from '../app/store.ts';
import { useLanguage } from './language.ts';

const wasmMayHelp: ReadonlySet<Failure['code']> = new Set([
  'webgpu-unavailable',
  'session-failed',
  'inference-failed',
  'device-lost',
]);

/** What went wrong and the way out, in the page's language; the library's own words as detail. */
export function FailureNotice({ failure }: { failure: Failure }) {
  const { words } = useLanguage();
  return (
    <div className="notice notice-bad" role="alert">
      <p>{words.failures[failure.code]}</p>
      {failure.detail !== '' && (
        <details>
          <summary>{words.detail}</summary>
          <p className="mono">{failure.detail}</p>
        </details>
      )}
      {wasmMayHelp.has(failure.code) && (
        <button type="button" className="button" onClick={() => retryOnWasm()}>
          {words.model.useWasm}
        </button>
      )}
    </div>
  );
}
