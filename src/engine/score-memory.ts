import { defaultPairLength } from './pairs.ts';
import type { LoadedModel, RerankRequest, ScoredDocument } from './reranker.ts';

/** A score as it is remembered: wherever the text stands in a request. */
export type KnownScore = Omit<ScoredDocument, 'index'>;

/** How much is remembered at most; what was used least recently goes first. */
export interface ScoreMemoryLimits {
  /** Scores, one per query and text. Default 50,000. */
  readonly entries: number;
  /** Characters (UTF-16 units) of the texts and the queries, all added. Default 32 million. */
  readonly characters: number;
}

interface Entry {
  readonly scope: string;
  readonly text: string;
  readonly score: KnownScore;
}

const defaultLimits: ScoreMemoryLimits = { entries: 50_000, characters: 32_000_000 };

/**
 * The scores that are known from earlier calls. It is in the memory of this page alone: nothing
 * is written anywhere, and it ends with the tab. It holds the texts themselves, which are mostly
 * the page's own strings.
 */
export class ScoreMemory {
  readonly #limits: ScoreMemoryLimits;
  /** By scope, then by text: a key made of both would be a copy of the text. */
  readonly #scopes = new Map<string, Map<string, Entry>>();
  /** Least recently used first. */
  readonly #entries = new Set<Entry>();
  #characters = 0;

  constructor(limits: ScoreMemoryLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** How many scores are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is known of a text within a scope (see `scoreScopeOf`). */
  recall(scope: string, text: string): KnownScore | undefined {
    const entry = this.#scopes.get(scope)?.get(text);
    if (entry === undefined) return undefined;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    return entry.score;
  }

  /** Remembers scores, in place of those before. What is longer than all the room is left out. */
  keep(scope: string, scores: readonly (readonly [text: string, score: KnownScore])[]): void {
    for (const [text, score] of scores) {
      if (scope.length + text.length > this.#limits.characters) continue;
      const known = this.#scopes.get(scope)?.get(text);
      if (known !== undefined) this.#drop(known);
      this.#add({ scope, text, score });
    }
    this.#trim();
  }

  /** Forgets everything. */
  clear(): void {
    this.#scopes.clear();
    this.#entries.clear();
    this.#characters = 0;
  }

  #add(entry: Entry): void {
    let texts = this.#scopes.get(entry.scope);
    if (texts === undefined) {
      texts = new Map();
      this.#scopes.set(entry.scope, texts);
      this.#characters += entry.scope.length;
    }
    texts.set(entry.text, entry);
    this.#entries.add(entry);
    this.#characters += entry.text.length;
  }

  #drop(entry: Entry): void {
    const texts = this.#scopes.get(entry.scope);
    texts?.delete(entry.text);
    this.#entries.delete(entry);
    this.#characters -= entry.text.length;
    if (texts?.size !== 0) return;
    this.#scopes.delete(entry.scope);
    this.#characters -= entry.scope.length;
  }

  #trim(): void {
    // One walk for all: each new one would have to step over what was deleted before.
    for (const entry of this.#entries) {
      const isOver =
        this.#entries.size > this.#limits.entries || this.#characters > this.#limits.characters;
      if (!isOver) return;
      this.#drop(entry);
    }
  }
}

/**
 * Everything beside the text that a score depends on: which weights, which device, how documents
 * are read, and the query. Null where a score depends on the other documents as well, as with
 * BM25: those must not be remembered.
 */
export function scoreScopeOf(model: LoadedModel, request: RerankRequest): string | null {
  if (model.device === 'js') return null;
  const { query, longDocuments = 'max', maxLength = defaultPairLength } = request;
  return JSON.stringify([
    model.model,
    model.revision,
    model.dtype,
    model.device,
    model.adapter,
    longDocuments,
    Math.min(maxLength, model.maxLength),
    query,
  ]);
}
