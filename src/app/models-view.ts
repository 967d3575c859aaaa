import { type DeviceReport, machineLimitsOf } from '../engine/device.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import { isIdOf, modelCatalog } from '../models/catalog.ts';
import { type LadderPlan, planLadder, type Rung } from '../models/device-ladder.ts';
import { embeddedCard } from '../models/embedded-card.ts';
import { checkHost, knownHosts } from '../models/hub-address.ts';
import type { KeptModel } from '../models/kept-model.ts';
import type { ModelCard, RuntimeDevice } from '../models/model-card.ts';
import { pairFlop } from '../models/pair-cost.ts';
import { comparedBenchmarks, publishedComparison } from '../models/published-comparison.ts';
import type { ModelsState } from './store.ts';

/** One model as a row of the catalog: what it is, and which of its builds run here. */
export interface CatalogRow {
  readonly card: ModelCard;
  /** Ships with the app: nothing has to be fetched. */
  readonly embedded: boolean;
  /** Null until this machine was looked at. */
  readonly plan: LadderPlan | null;
}

/** How far a model, or one build of it, is on this machine. */
export type Presence =
  | { readonly state: 'in-use' | 'loading' | 'here' | 'not-here' }
  | { readonly state: 'partial'; readonly storedBytes: number; readonly totalBytes: number };

/** What narrows the catalog. */
export type CatalogFilter = (typeof catalogFilters)[number];

/** All filters, in the order they are offered. */
export const catalogFilters = ['all', 'runs-here', 'chinese', 'english', 'commercial'] as const;

/** The part of the state that says what is where. */
export interface PresenceState {
  readonly kept: readonly KeptModel[] | null;
  /** Id that is being loaded. */
  readonly loading: string | null;
  readonly inUse: Pick<LoadedModel, 'model' | 'dtype' | 'device'> | null;
}

/** The embedded model and then the catalog in its order, each with what would run on this machine. */
export function planCatalog(
  devices: DeviceReport | null,
  device: 'auto' | RuntimeDevice,
): readonly CatalogRow[] {
  const limits = devices === null ? null : machineLimitsOf(devices);
  return [embeddedCard, ...modelCatalog].map((card) => ({
    card,
    embedded: card === embeddedCard,
    plan: limits === null ? null : planLadder(card, limits, { device }),
  }));
}

/**
 * What a load without a choice of weights takes: the best build that is on this machine already,
 * since a load must not start a download that nobody asked for; else the best of all. Null when
 * nothing runs here.
 */
export function firstRung(
  { card, plan, embedded }: CatalogRow,
  kept: readonly KeptModel[] | null,
): Rung | null {
  if (plan === null) return null;
  const builds = kept?.find(({ id }) => isIdOf(card, id))?.builds ?? [];
  const here = plan.rungs.find(({ build }) =>
    builds.some(({ dtype, complete }) => complete && dtype === build.dtype),
  );
  return (embedded ? undefined : here) ?? plan.rungs[0] ?? null;
}

/** The way in which a kept build would run here, on the chosen device; null when it does not. */
export function rungOfKept(
  { card }: KeptModel,
  dtype: KeptModel['builds'][number]['dtype'],
  devices: DeviceReport | null,
  device: 'auto' | RuntimeDevice,
): Rung | null {
  if (card === null || devices === null) return null;
  return planLadder(card, machineLimitsOf(devices), { device, dtype }).rungs[0] ?? null;
}

/** Whether a row is shown under a filter and a search: every word must occur in its names. */
export function isShown(
  { card, plan }: CatalogRow,
  filter: CatalogFilter,
  search: string,
): boolean {
  const { id, name, aliases, licence, languages, architecture } = card;
  // Not what it is good for: those sentences name other models.
  const texts = [id, name, ...aliases, licence.id, ...languages, architecture];
  const text = texts.join(' ').toLowerCase();
  const words = search.toLowerCase().split(/\s+/u);
  return passes(card, plan, filter) && words.every((word) => text.includes(word));
}

function passes(card: ModelCard, plan: LadderPlan | null, filter: CatalogFilter): boolean {
  const { languages, licence } = card;
  switch (filter) {
    case 'all':
      return true;
    case 'runs-here':
      return plan !== null && plan.rungs.length > 0;
    case 'chinese':
      return languages.includes('zh') || languages.includes('mul');
    case 'english':
      return languages.length === 1 && languages[0] === 'en';
    case 'commercial':
      return licence.commercialUse === true;
    default:
      return filter satisfies never;
  }
}

/** What `presenceOf` asks about, out of the whole state. */
export function presenceStateOf(
  inUse: PresenceState['inUse'],
  { kept, loading }: Pick<ModelsState, 'kept' | 'loading'>,
): PresenceState {
  return {
    kept,
    loading: loading?.model ?? null,
    inUse,
  };
}

/**
 * How far one build of a model is on this machine.
 * @param dtype Null where no build runs here: then only what is in use or loading counts.
 * @param device Given where a build is asked about; in use is then that build on that device.
 */
export function presenceOf(
  card: ModelCard,
  dtype: ModelCard['builds'][number]['dtype'] | null,
  { kept, loading, inUse }: PresenceState,
  device?: RuntimeDevice,
): Presence {
  const used = inUse !== null && isIdOf(card, inUse.model) ? inUse : null;
  if (used !== null && (device === undefined || (used.device === device && used.dtype === dtype))) {
    return { state: 'in-use' };
  }
  if (device === undefined && loading !== null && isIdOf(card, loading)) {
    return { state: 'loading' };
  }
  if (card === embeddedCard) return { state: 'here' };
  const build = kept
    ?.find(({ id }) => isIdOf(card, id))
    ?.builds.find((candidate) => candidate.dtype === dtype);
  if (build === undefined || (!build.complete && build.storedBytes === 0)) {
    return { state: 'not-here' };
  }
  if (build.complete) return { state: 'here' };
  return { state: 'partial', storedBytes: build.storedBytes, totalBytes: build.bytes };
}

/** What was found at the host for the id that was typed, as a row like those of the catalog. */
export function rowOfLookUp(lookUp: ModelsState['lookUp']): CatalogRow | null {
  if (lookUp.phase !== 'found') return null;
  const { card, rungs, ruledOut } = lookUp.outlook;
  return { card, embedded: false, plan: { rungs, ruledOut } };
}

/** Floating-point operations of one pair of `tokens` tokens, in 10^9. */
export function pairGigaflop({ shape, architecture }: ModelCard, tokens: number): number {
  return pairFlop(shape, tokens, architecture) / 1e9;
}

/** How models use the room that the browser gives. Null where the browser does not say. */
export interface StorageView {
  readonly modelBytes: number;
  readonly usedBytes: number | null;
  readonly quotaBytes: number | null;
  /** True when the browser promised to keep it; null when it does not say. */
  readonly persisted: boolean | null;
  /** True when the browser keeps nothing: models go with the page. */
  readonly inMemory: boolean;
}

/** The room that models take, out of what the browser and the list of models say. */
export function storageViewOf({
  kept,
  storage,
}: Pick<ModelsState, 'kept' | 'storage'>): StorageView {
  const models = kept ?? [];
  return {
    modelBytes: models.reduce((sum, { bytes }) => sum + bytes, 0),
    usedBytes: storage?.usedBytes ?? null,
    quotaBytes: storage?.quotaBytes ?? null,
    persisted: storage?.persisted ?? null,
    inMemory: storage?.kept === 'memory',
  };
}

/** The newest benchmark of a kept model, if there is one. */
export function latestBenchmark(model: KeptModel): KeptModel['benchmarks'][number] | null {
  return model.benchmarks.toSorted((a, b) => b.measuredAt - a.measuredAt)[0] ?? null;
}

/** The host as a ready choice, or `other`. */
export function hostChoiceOf(host: string): string {
  return knownHosts.includes(host) ? host : 'other';
}

/** Ready choices of hosts, and `other` for a typed one. */
export const hostChoices: readonly string[] = [...knownHosts, 'other'];

/** An address of a hub in the form it is kept in; null when it cannot be one. */
export function typedHost(typed: string): string | null {
  if (typed.trim() === '') return null;
  try {
    return checkHost(typed);
  } catch {
    return null;
  }
}

/** The comparison article's table with the best of each column. */
export const comparison = {
  rows: publishedComparison,
  benchmarks: comparedBenchmarks,
  best: {
    chineseQa: Math.max(...publishedComparison.map((row) => row.chineseQa)),
    english: Math.max(...publishedComparison.map((row) => row.english)),
    crossLingual: Math.max(...publishedComparison.map((row) => row.crossLingual)),
    latencyMs: Math.min(...publishedComparison.map((row) => row.latencyMs)),
  },
} as const;
