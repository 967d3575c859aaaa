import { RerankError } from '../core/errors.ts';
import type { Settings } from '../io/settings-storage.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import type { Dtype } from '../models/model-card.ts';
import { changeSettings } from './change-settings.ts';
import { forgetFaster } from './device-memory.ts';
import { type DroppedModel, readDroppedFiles, readPickedFiles } from './dropped-files.ts';
import {
  failureOf,
  loadOptionsOf,
  loadWanted,
  settleModelPhase,
  showLoading,
} from './model-phase.ts';
import { cancelRerank } from './rerank-actions.ts';
import { crossrank } from './services.ts';
import { type ModelsState, store } from './store.ts';
import { cancelTraps } from './trap-actions.ts';

/** Progress is drawn at most this often. */
const publishGapMs = 100;

let loading: AbortController | null = null;
let lookingUp: AbortController | null = null;
let importing: AbortController | null = null;
let measuring: AbortController | null = null;

/** Reads which models are on this machine, and how much room is left. */
export async function refreshModels(): Promise<void> {
  try {
    const [kept, storage] = await Promise.all([crossrank.models(), crossrank.storage()]);
    setModels({ kept, storage, failure: null });
  } catch (error) {
    setModels({ kept: [], failure: failureOf(error) });
  }
}

/**
 * Loads a model, fetching what is missing; a run in progress is cancelled and its scores are kept.
 * Until the new one's files are here the model before goes on working.
 */
export async function loadModel(
  model: string,
  {
    dtype,
    device,
    host,
    revision,
    deviceChoice,
  }: {
    readonly dtype?: Dtype;
    /** For this model alone. */
    readonly device?: 'webgpu' | 'wasm';
    /** For all models from now on. */
    readonly deviceChoice?: Settings['device'];
    /** One of several that are on this machine under one name; default: used last. */
    readonly revision?: string;
    /** Where a download that was begun goes on; default: the host of the settings. */
    readonly host?: string;
  } = {},
): Promise<void> {
  cancelRerank();
  cancelTraps();
  loading?.abort();
  const controller = new AbortController();
  loading = controller;
  const { signal } = controller;
  setModels({
    loading: { model, deviceChoice: deviceChoice ?? null, stepDowns: [] },
    loadFailure: null,
    benchmark: { phase: 'idle' },
  });
  const { settings } = store.getState();
  const wanted = {
    device: deviceChoice ?? settings.device,
    modelDevice: device ?? null,
    modelRevision: revision ?? null,
    dtype: dtype ?? null,
  };
  const downloading = publisher(showLoading);
  try {
    const loaded = await crossrank.load({
      ...loadOptionsOf({ ...settings, ...wanted, model, host: host ?? settings.host }),
      signal,
      onEvent: (event) => {
        if (signal.aborted) return;
        if (event.type === 'stepping-down') {
          setModels(({ loading: current }) => ({
            loading: current && { ...current, stepDowns: [...current.stepDowns, event.step] },
          }));
        } else if (event.type === 'downloading') {
          downloading.show(event);
        } else {
          downloading.stop();
          showLoading(event);
        }
      },
    });
    if (signal.aborted) return;
    changeSettings({ ...wanted, model: loaded.model === embeddedModel.id ? null : loaded.model });
    setModels({ loading: null });
    settleModelPhase();
  } catch (error) {
    if (loading !== controller) return;
    setModels({ loading: null });
    settleModelPhase();
    if (!signal.aborted) setModels({ loadFailure: { model, failure: failureOf(error) } });
  } finally {
    downloading.stop();
  }
  // Whoever has not looked at the list yet gets it when they do.
  if (store.getState().models.kept !== null) await refreshModels();
}

/** Stops a download or a load; what was fetched so far is kept and the next one goes on there. */
export function cancelLoading(): void {
  loading?.abort();
}

/** Forgets which device was faster with a model; `auto` is at once what it was before. */
export async function forgetFasterDevice(model: string): Promise<void> {
  forgetFaster(model);
  if (crossrank.model?.model === model) await loadWanted();
}

/** Gives the model's memory back; the next run loads it again. */
export async function unloadModel(): Promise<void> {
  cancelRerank();
  cancelTraps();
  measuring?.abort();
  cancelLoading();
  await crossrank.unload();
  settleModelPhase();
}

/** Deletes a model from this machine; if it is in use the embedded one takes its place. */
export async function removeModel(key: string): Promise<void> {
  const id = store.getState().models.kept?.find((kept) => kept.key === key)?.id;
  try {
    if (id !== undefined) await leaveModels([id]);
    await crossrank.removeModel(key);
    await refreshModels();
  } catch (error) {
    setModels({ failure: failureOf(error) });
  }
}

/** Deletes all models from this machine, but for the embedded one, which takes over. */
export async function removeAllModels(): Promise<void> {
  try {
    await leaveModels((store.getState().models.kept ?? []).map(({ id }) => id));
    await crossrank.removeAllModels();
    await refreshModels();
  } catch (error) {
    setModels({ failure: failureOf(error) });
  }
}

export function typeModelId(typedId: string): void {
  lookingUp?.abort();
  setModels({ typedId, lookUp: { phase: 'idle' } });
}

/** Asks the host what the typed repository is, and what of it would run here. */
export async function lookUpModel(): Promise<void> {
  const model = store.getState().models.typedId.trim();
  if (model === '') return;
  lookingUp?.abort();
  const controller = new AbortController();
  lookingUp = controller;
  setModels({ lookUp: { phase: 'asking', model } });
  const { settings } = store.getState();
  try {
    const outlook = await crossrank.plan({
      model,
      device: settings.device,
      host: settings.host,
      signal: controller.signal,
    });
    if (!controller.signal.aborted) setModels({ lookUp: { phase: 'found', outlook } });
  } catch (error) {
    if (controller.signal.aborted) return;
    setModels({ lookUp: { phase: 'failed', model, failure: failureOf(error) } });
  }
}

/** Another origin to fetch models from; refused ones are said by the next look-up or load. */
export function changeHost(host: string): void {
  lookingUp?.abort();
  changeSettings({ host });
  setModels({ lookUp: { phase: 'idle' } });
}

/** Takes a model that was dropped on the page: a folder, a zip, or its loose files. */
export async function importDropped(transfer: DataTransfer): Promise<void> {
  const controller = startImport();
  // Called at once: what was dropped can be read during the event only.
  await importFrom(readDroppedFiles(transfer, { signal: controller.signal }), controller);
}

/** Takes a model from a file picker. */
export async function importPicked(files: FileList): Promise<void> {
  await importFrom(readPickedFiles(files), startImport());
}

/** Stops copying; what was copied is deleted. */
export function cancelImport(): void {
  importing?.abort();
}

/** Measures the model in use for about fifteen seconds. */
export async function measureModel(): Promise<void> {
  cancelRerank();
  cancelTraps();
  measuring?.abort();
  const controller = new AbortController();
  measuring = controller;
  setModels({ benchmark: { phase: 'running' } });
  try {
    const { signal } = controller;
    const report = await crossrank.benchmark({ signal, onEvent: showLoading });
    settleModelPhase();
    if (measuring === controller) setModels({ benchmark: { phase: 'done', report } });
    await refreshModels();
  } catch (error) {
    settleModelPhase();
    if (measuring !== controller) return;
    setModels({
      benchmark: controller.signal.aborted
        ? { phase: 'idle' }
        : { phase: 'failed', failure: failureOf(error) },
    });
  }
}

export function cancelMeasuring(): void {
  measuring?.abort();
}

/** Takes away a message that was read. */
export function dismissModelFailures(): void {
  setModels({ failure: null, loadFailure: null });
  const { importing: copying, lookUp } = store.getState().models;
  if (copying.phase === 'failed') setModels({ importing: { phase: 'idle' } });
  if (lookUp.phase === 'failed') setModels({ lookUp: { phase: 'idle' } });
}

/** Goes back to the embedded model when one of these is chosen or loaded. */
async function leaveModels(ids: readonly string[]): Promise<void> {
  const { settings } = store.getState();
  const chosen = settings.model ?? crossrank.model?.model;
  if (chosen === undefined || !ids.includes(chosen)) return;
  await unloadModel();
  changeSettings({ model: null });
}

function startImport(): AbortController {
  importing?.abort();
  const controller = new AbortController();
  importing = controller;
  return controller;
}

async function importFrom(reading: Promise<DroppedModel>, controller: AbortController) {
  const { signal } = controller;
  const copying = publisher((progress: ModelsState['importing']) =>
    setModels({ importing: progress }),
  );
  let name = '';
  try {
    const dropped = await reading;
    if (dropped.kind === 'none') {
      throw new RerankError(
        'model-unsupported',
        'There is no model in what was dropped: drop a folder or a zip in Hugging Face layout.',
      );
    }
    name = dropped.name;
    setModels({ importing: { phase: 'copying', name, loadedBytes: 0, totalBytes: 0 } });
    const kept = await crossrank.importModel(
      dropped.kind === 'archive' ? { name, archive: dropped.blob } : { name, files: dropped.files },
      {
        signal,
        onEvent: (event) => {
          if (event.type !== 'downloading' || signal.aborted) return;
          const { loadedBytes, totalBytes } = event;
          copying.show({ phase: 'copying', name, loadedBytes, totalBytes });
        },
      },
    );
    copying.stop();
    setModels({ importing: { phase: 'idle' } });
    await refreshModels();
    if (signal.aborted) return;
    await loadModel(kept.id, { revision: kept.revision });
  } catch (error) {
    copying.stop();
    if (importing !== controller) return;
    setModels({
      importing: signal.aborted
        ? { phase: 'idle' }
        : { phase: 'failed', name, failure: failureOf(error) },
    });
    await refreshModels();
  }
}

/** Draws the newest of many updates at most once per gap, and the last one for certain. */
function publisher<Update>(draw: (update: Update) => void): {
  readonly show: (update: Update) => void;
  readonly stop: () => void;
} {
  let newest: Update | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    if (newest !== undefined) draw(newest);
    newest = undefined;
  };
  return {
    show: (update) => {
      newest = update;
      timer ??= setTimeout(flush, publishGapMs);
    },
    stop: () => {
      clearTimeout(timer);
      newest = undefined;
    },
  };
}

function setModels(
  change: Partial<ModelsState> | ((models: ModelsState) => Partial<ModelsState>),
): void {
  store.setState(({ models }) => ({
    models: { ...models, ...(typeof change === 'function' ? change(models) : change) },
  }));
}
