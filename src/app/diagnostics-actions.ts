import { runChecks } from './diagnostics-checks.ts';
import { readGpuFacts } from './diagnostics-machine.ts';
import { askToKeepStorage, readStorageFacts } from './diagnostics-storage.ts';
import { diagnosticsStore } from './diagnostics-store.ts';
import { unloadModel } from './model-actions.ts';
import { loadWanted } from './model-phase.ts';
import { store } from './store.ts';

/** Asks the GPU and the storage once more. */
export async function refreshDiagnostics(): Promise<void> {
  const webgpu = store.getState().devices?.webgpu;
  await Promise.all([
    readGpuFacts(webgpu?.available === true && webgpu.software).then((gpu) =>
      diagnosticsStore.setState({ gpu }),
    ),
    readStorageFacts().then((storage) => diagnosticsStore.setState({ storage })),
  ]);
}

/** Asks the browser to keep what is stored here; the answer shows in the state. */
export async function keepStorage(): Promise<void> {
  diagnosticsStore.setState({ keepRefused: false });
  const isKept = await askToKeepStorage();
  diagnosticsStore.setState({ storage: await readStorageFacts(), keepRefused: isKept !== true });
}

let checking: AbortController | null = null;

/** Runs all checks; a run under way is left alone. */
export async function startChecks(): Promise<void> {
  if (checking !== null) return;
  const controller = new AbortController();
  checking = controller;
  diagnosticsStore.setState({ checks: { running: null, results: [] } });
  try {
    await runChecks(
      controller.signal,
      (running) => diagnosticsStore.setState(({ checks }) => ({ checks: { ...checks, running } })),
      (result) =>
        diagnosticsStore.setState(({ checks }) => ({
          checks: { running: null, results: [...checks.results, result] },
        })),
    );
  } finally {
    checking = null;
    diagnosticsStore.setState(({ checks }) => ({ checks: { ...checks, running: null } }));
  }
}

/** Stops the checks under way; what was found so far stays. */
export function stopChecks(): void {
  checking?.abort();
}

/** Loads the model in use anew, which tests it; a run under way is left alone. */
export async function testModelAgain(): Promise<void> {
  const { run, models } = store.getState();
  if (run.phase === 'scoring' || models.loading !== null) return;
  await unloadModel();
  await loadWanted();
}
