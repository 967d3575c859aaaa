import type { FileCache } from './kept-files.ts';

/** A cache in memory, for tests: answers can be read any number of times, as with the real one. */
export function memoryCache(): FileCache & { readonly kept: ReadonlyMap<string, Response> } {
  const kept = new Map<string, Response>();
  return {
    kept,
    match: async (key) => kept.get(key)?.clone(),
    put: async (key, response) => {
      kept.set(key, response);
    },
    delete: async (key) => kept.delete(key),
    keys: async () => Array.from(kept.keys(), (url) => ({ url })),
  };
}
