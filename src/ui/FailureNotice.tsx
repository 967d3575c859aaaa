import type { ReactNode } from 'react';
import { modelCodes } from '../app/model-phase.ts';
import { retryOnWasm } from '../app/settings-actions.ts';
import type { Failure } from '../app/store.ts';
import { useLanguage } from './language.ts';

const wasmMayHelp: ReadonlySet<Failure['code']> = new Set([
  'webgpu-unavailable',
  'session-failed',
  'inference-failed',
  'device-lost',
  'device-unsuitable',
  'self-test-failed',
]);

/** Here it is the detail that names the file, the host, the build or the pair, and the way out. */
const detailFirst: ReadonlySet<Failure['code']> = new Set([
  ...modelCodes,
  'invalid-request',
  'session-failed',
  'out-of-memory',
]);

interface Props {
  readonly failure: Failure;
  /** What it happened to, before the reason. */
  readonly lead?: string;
  /** What the button for WASM does. Default: moves the model in use there and repeats the run. */
  readonly onWasm?: () => void;
  /** Further ways out, below the reason. */
  readonly children?: ReactNode;
}

/** What went wrong and the way out, in the page's language; the library's own words as detail. */
export function FailureNotice({ failure, lead, onWasm = retryOnWasm, children }: Props) {
  const { words } = useLanguage();
  return (
    <div className="notice notice-bad" role="alert">
      {lead !== undefined && <p className="notice-lead">{lead}</p>}
      <p>{words.failures[failure.code]}</p>
      {failure.detail !== '' && (
        <details open={detailFirst.has(failure.code)}>
          <summary>{words.detail}</summary>
          <p className="mono">{failure.detail}</p>
        </details>
      )}
      {wasmMayHelp.has(failure.code) && (
        <button type="button" className="button" onClick={() => onWasm()}>
          {words.model.useWasm}
        </button>
      )}
      {children}
    </div>
  );
}
