import * as v from 'valibot';
import type { Tuning } from '../engine/reranker.ts';
import type { TuningMemory } from '../engine/tuning-memory.ts';
import { copyAside } from './set-aside.ts';
import type { KeyValueStorage } from './settings-storage.ts';

/** How many are kept; the one written longest ago goes first. */
const mostTunings = 50;

/** Names of models come from outside, and what is kept must stay small. UTF-16 units. */
const longestKey = 2000;

/**
 * Keeps tunings under `crossrank.tunings`; never throws. What is damaged counts as none, and is
 * set aside before the next one is written. What a newer release wrote is left as it is. Each
 * writing reads first, so that what another tab has measured meanwhile stays.
 */
export function createTuningStorage(storage: KeyValueStorage): TuningMemory {
  return {
    read: (key) => readTunings(storage).tunings.find(([kept]) => kept === key)?.[1] ?? null,
    write: (key, tuning) => {
      const { tunings, isNewer, damaged } = readTunings(storage);
      if (isNewer || key.length > longestKey) return;
      const others = tunings.filter(([kept]) => kept !== key);
      const { tokenBudget, overheadTokens } = tuning;
      const all = [...others, [key, { tokenBudget, overheadTokens }]].slice(-mostTunings);
      try {
        if (damaged !== null) copyAside(storage, storageKey, damaged);
        storage.setItem(storageKey, JSON.stringify({ version: 1, tunings: all }));
      } catch {
        // Blocked or full: it is measured again with the next visit.
      }
    },
  };
}

const storageKey = 'crossrank.tunings';

/** Above this a batch would take a second and more on any device, and memory with it. */
const largestBudget = 262_144;

/** Pairs, since a name of a model is no safe property of an object. */
type KeptTunings = readonly (readonly [key: string, tuning: Tuning])[];

const tuningSchema: v.GenericSchema<unknown, Tuning> = v.object({
  tokenBudget: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(largestBudget)),
  overheadTokens: v.pipe(v.number(), v.minValue(0), v.maxValue(largestBudget)),
});

const tuningsSchema: v.GenericSchema<unknown, { readonly tunings: KeptTunings }> = v.object({
  version: v.literal(1),
  tunings: v.pipe(
    v.array(v.tuple([v.pipe(v.string(), v.maxLength(longestKey)), tuningSchema])),
    v.maxLength(mostTunings),
  ),
});

const newerVersionSchema = v.object({ version: v.pipe(v.number(), v.integer(), v.minValue(2)) });

function readTunings(storage: KeyValueStorage): {
  readonly tunings: KeptTunings;
  readonly isNewer: boolean;
  /** What is there and cannot be read. */
  readonly damaged: string | null;
} {
  const nothing = { tunings: [], isNewer: false, damaged: null };
  let kept: string | null = null;
  try {
    kept = storage.getItem(storageKey);
    if (kept === null) return nothing;
    const json: unknown = JSON.parse(kept);
    const parsed = v.safeParse(tuningsSchema, json);
    if (parsed.success) return { ...nothing, tunings: parsed.output.tunings };
    if (v.is(newerVersionSchema, json)) return { ...nothing, isNewer: true };
  } catch {
    // Blocked, or no JSON.
  }
  return { ...nothing, damaged: kept };
}
