import * as v from 'valibot';
import type { LongDocuments } from '../engine/reranker.ts';
import type { Dtype } from '../models/model-card.ts';
import type { DocumentLayoutChoice } from './pasted-documents.ts';
import { copyAside } from './set-aside.ts';

/**
 * The part of the browser's `Storage` that is used here. Any call may throw (SecurityError when
 * the user blocks storage, QuotaExceededError when it is full). Reading `window.localStorage` may
 * itself throw, so pass an object whose methods reach for it, not the value of that property.
 */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What the user chose for the whole page; kept across visits. */
export interface Settings {
  readonly version: 1;
  /** `auto`: the browser's language. */
  readonly language: 'auto' | 'en' | 'zh';
  /** `auto`: the system's colour scheme. */
  readonly theme: 'auto' | 'light' | 'dark';
  /** `auto`: WebGPU where a real adapter exists, else WASM. */
  readonly device: 'auto' | 'webgpu' | 'wasm';
  /** Model that was chosen last; `null`: the embedded one. */
  readonly model: string | null;
  /** Revision that was asked for; `null`: whichever of the model is on this machine. */
  readonly modelRevision: string | null;
  /** Device that was asked for together with the model; `null`: as `device` says. */
  readonly modelDevice: 'webgpu' | 'wasm' | null;
  /** Weights that were asked for by name; `null`: the best that the device can run. */
  readonly dtype: Dtype | null;
  /** Origin that models are fetched from. */
  readonly host: string;
  /** What becomes of documents that do not fit the model. */
  readonly longDocuments: LongDocuments;
  /** Longest pair in tokens; the model's own maximum holds where it is less. */
  readonly maxLength: number;
  /** Model that scores everything before `model` scores the best again; `null`: no cascade. */
  readonly cascadeModel: string | null;
  /** How many documents of a cascade are scored again. Whole number >= 1. */
  readonly cascadeDepth: number;
}

/** What is typed in the page; kept for the tab, so that a reload does not lose it. */
export interface Draft {
  readonly version: 1;
  readonly query: string;
  /** The raw text of the "Documents" box. */
  readonly documents: string;
  readonly layout: DocumentLayoutChoice;
  /** Grows with every change of the text: of two kept copies the one with more is the newer. */
  readonly changes: number;
}

/**
 * Why a kept value could not be used. `unreadable`: not what this page writes. `newer-version`:
 * written by a later release. `refused`: the browser does not let the page read its storage.
 */
export type StorageProblem = 'unreadable' | 'newer-version' | 'refused';

/** `too-long`: over `draftLimit`, an earlier draft stays. `refused`: blocked or full. */
export type DraftOutcome = 'kept' | 'too-long' | 'refused';

/** The settings of a first visit: everything follows the browser and the machine. */
export const defaultSettings: Settings = {
  version: 1,
  language: 'auto',
  theme: 'auto',
  device: 'auto',
  model: null,
  modelRevision: null,
  modelDevice: null,
  dtype: null,
  host: 'https://huggingface.co',
  longDocuments: 'max',
  maxLength: 512,
  cascadeModel: null,
  cascadeDepth: 20,
};

/**
 * The longest draft that is kept, query and documents together: 2 million UTF-16 units, so that
 * it fits into the usual quota of 5 million also when a second copy is set aside.
 */
export const draftLimit = 2_000_000;

/**
 * Reads the settings; never throws. Without usable ones they are `defaultSettings`, and `problem`
 * says why unless there were none. A value that is unreadable or of a newer version is moved to
 * the key `crossrank.settings.unreadable` (or `.unreadable.2` and so on, if taken), so the problem
 * is reported once; if it cannot be moved it stays where it is.
 */
export function readSettings(storage: KeyValueStorage): {
  readonly settings: Settings;
  readonly problem?: StorageProblem;
} {
  const { value, problem } = readOrSetAside(storage, settingsKey, settingsSchema);
  const settings = value ?? defaultSettings;
  return problem === undefined ? { settings } : { settings, problem };
}

/** The settings as they are kept now, left where they are; null where there are no usable ones. */
export function peekSettings(storage: KeyValueStorage): Settings | null {
  try {
    const present = storage.getItem(settingsKey);
    return present === null ? null : (interpret(present, settingsSchema).value ?? null);
  } catch {
    return null;
  }
}

/**
 * Changes some of the settings that are kept and says whether that worked; never throws. What is
 * there is read first: the rest stays as other tabs have left it, and so do fields that this
 * release does not know. A value there that this release cannot read (another tab may run a newer
 * one) is set aside first; if that fails nothing is written.
 * @param own what the rest becomes where nothing usable is kept
 */
export function changeKeptSettings(
  storage: KeyValueStorage,
  change: Partial<Omit<Settings, 'version'>>,
  own: Settings = defaultSettings,
): boolean {
  try {
    const present = storage.getItem(settingsKey);
    const { value, json, problem } =
      present === null ? noSettings : interpret(present, settingsSchema);
    if (present !== null && problem !== undefined) copyAside(storage, settingsKey, present);
    const settings = { ...(value === undefined ? own : { ...Object(json), ...value }), ...change };
    const written = JSON.stringify({ ...settings, version: 1 });
    if (written !== present) storage.setItem(settingsKey, written);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the tab's draft; never throws. `draft` is absent if there is none or it cannot be used;
 * one that cannot is moved to `crossrank.draft.unreadable`, as with settings.
 */
export function readDraft(storage: KeyValueStorage): {
  readonly draft?: Draft;
  readonly problem?: StorageProblem;
} {
  const { value, problem } = readOrSetAside(storage, draftKey, draftSchema);
  if (value !== undefined) return { draft: value };
  return problem === undefined ? {} : { problem };
}

/**
 * Keeps the draft (give it sessionStorage) and says whether that worked; never throws. A draft
 * over `draftLimit` is not kept, and the one kept before stays.
 */
export function writeDraft(storage: KeyValueStorage, draft: Draft): DraftOutcome {
  if (draft.query.length + draft.documents.length > draftLimit) return 'too-long';
  try {
    storage.setItem(draftKey, JSON.stringify({ ...draft, version: 1 }));
    return 'kept';
  } catch {
    return 'refused';
  }
}

/** Key of the settings in localStorage: what a `storage` event names. */
export const settingsKey = 'crossrank.settings';
const draftKey = 'crossrank.draft';

const noSettings: Interpreted<Settings> = { value: defaultSettings };

const settingsSchema: v.GenericSchema<unknown, Settings> = v.object({
  version: v.literal(1),
  language: v.picklist(['auto', 'en', 'zh']),
  theme: v.picklist(['auto', 'light', 'dark']),
  device: v.picklist(['auto', 'webgpu', 'wasm']),
  // Releases before models could be chosen did not write these.
  model: v.optional(v.nullable(v.string()), defaultSettings.model),
  modelRevision: v.optional(v.nullable(v.string()), null),
  modelDevice: v.optional(v.nullable(v.picklist(['webgpu', 'wasm'])), null),
  dtype: v.optional(v.nullable(v.picklist(['fp32', 'fp16', 'int8', 'q8', 'q4', 'q4f16'])), null),
  host: v.optional(v.string(), defaultSettings.host),
  longDocuments: v.optional(
    v.picklist(['max', 'mean-of-top-3', 'first', 'truncate']),
    defaultSettings.longDocuments,
  ),
  maxLength: v.optional(v.pipe(v.number(), v.integer(), v.minValue(32)), defaultSettings.maxLength),
  // Nor did those before two models could work in one run write these.
  cascadeModel: v.optional(v.nullable(v.string()), null),
  cascadeDepth: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1)),
    defaultSettings.cascadeDepth,
  ),
});

const draftSchema: v.GenericSchema<unknown, Draft> = v.object({
  version: v.literal(1),
  query: v.string(),
  documents: v.string(),
  layout: v.picklist(['auto', 'lines', 'blank-lines', 'json']),
  // Releases that kept no second copy did not count.
  changes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
});

const newerVersionSchema = v.object({ version: v.pipe(v.number(), v.integer(), v.minValue(2)) });

interface Interpreted<Value> {
  readonly value?: Value;
  /** As it was kept, with fields that this release does not know. */
  readonly json?: unknown;
  readonly problem?: StorageProblem;
}

function readOrSetAside<Value>(
  storage: KeyValueStorage,
  key: string,
  schema: v.GenericSchema<unknown, Value>,
): Interpreted<Value> {
  let kept: string | null;
  try {
    kept = storage.getItem(key);
  } catch {
    return { problem: 'refused' };
  }
  if (kept === null) return {};

  const interpreted = interpret(kept, schema);
  if (interpreted.problem !== undefined) {
    try {
      copyAside(storage, key, kept);
      storage.removeItem(key);
    } catch {
      // It stays under its own key: the next reading reports it again and tries again.
    }
  }
  return interpreted;
}

function interpret<Value>(
  kept: string,
  schema: v.GenericSchema<unknown, Value>,
): Interpreted<Value> {
  let json: unknown;
  try {
    json = JSON.parse(kept);
  } catch {
    return { problem: 'unreadable' };
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return { value: parsed.output, json };
  return { problem: v.is(newerVersionSchema, json) ? 'newer-version' : 'unreadable' };
}
