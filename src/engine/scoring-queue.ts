import type { EncodedDocument } from './document-scores.ts';

/** A text to score, and where it stands in the request. */
export interface QueuedText {
  readonly text: string;
  /** Positions in the request; several where documents are equal. */
  readonly indexes: readonly number[];
}

/** Documents whose pairs are planned together, the most promising first. */
export interface ScoringWindow {
  readonly documents: readonly EncodedDocument[];
  /** Positions in the request of each document. */
  readonly indexesOf: readonly (readonly number[])[];
  /** Tokens of all their pairs, without padding. */
  readonly tokens: number;
}

/**
 * Up to this many tokens (some 250 passages) are tokenised before the first batch: that takes less
 * time than a batch on WASM, and a plan over all of them pads least.
 */
const wholeTokens = 24_576;

/** Each window is so much larger than the one before, up to the largest. */
const windowGrowth = 16;

/**
 * The distinct texts of a request, the most promising first; equal promise keeps the order of the
 * request. Equal texts are scored once: less work, and a tie that is exact, so that it keeps its
 * order.
 * @param promise by position in the request, higher is better; without it the order decides
 */
export function queueTexts(
  documents: readonly string[],
  promise?: readonly number[],
): readonly QueuedText[] {
  const indexesOf = new Map<string, number[]>();
  const order = documents.map((_, index) => index);
  if (promise !== undefined) {
    order.sort((a, b) => (promise[b] ?? 0) - (promise[a] ?? 0) || a - b);
  }
  for (const index of order) {
    const text = documents[index] ?? '';
    const indexes = indexesOf.get(text);
    if (indexes === undefined) indexesOf.set(text, [index]);
    else indexes.push(index);
  }
  return Array.from(indexesOf, ([text, indexes]) => ({
    text,
    indexes: indexes.sort((a, b) => a - b),
  }));
}

/**
 * Tokenises texts one by one and hands them out in windows: a small one first, so that scores come
 * soon, then large ones, in which many pairs are of like length. What fits one plan is not divided.
 */
export class ScoringQueue {
  readonly #texts: readonly QueuedText[];
  readonly #encode: (text: string) => EncodedDocument;
  readonly #mostTokens: (totalTokens: number) => number;
  readonly #totalCharacters: number;
  #documents: EncodedDocument[] = [];
  /** How many texts are tokenised, and how many of these were handed out. */
  #tokenized = 0;
  #taken = 0;
  #waitingTokens = 0;
  #takenTokens = 0;
  #tokenizedCharacters = 0;
  /** Of the window that is filled now. */
  #windowTokens: number;

  /**
   * @param firstTokens size of the first window
   * @param mostTokens size of the largest one by now, from the tokens of all; the last may
   *   be half as large again
   */
  constructor(
    texts: readonly QueuedText[],
    encode: (text: string) => EncodedDocument,
    firstTokens: number,
    mostTokens: (totalTokens: number) => number,
  ) {
    this.#texts = texts;
    this.#encode = encode;
    this.#mostTokens = mostTokens;
    this.#windowTokens = firstTokens;
    this.#totalCharacters = texts.reduce((sum, { text }) => sum + charactersOf(text), 0);
  }

  /** True when every document was handed out. */
  get empty(): boolean {
    return this.#taken === this.#texts.length;
  }

  /** True when the next window is as large as it should be; always when all is tokenised. */
  get full(): boolean {
    if (this.#tokenized === this.#texts.length) return true;
    if (this.#waitingTokens < this.#windowTokens) return false;
    const together = this.#taken === 0 ? wholeTokens : this.#windowTokens * 1.5;
    // A rest too small for a window of its own is better planned with this one.
    return this.totalTokens - this.#takenTokens > together;
  }

  /** Tokens of all pairs: exact when all is tokenised, before that judged by the characters. */
  get totalTokens(): number {
    const known = this.#takenTokens + this.#waitingTokens;
    if (this.#tokenized === this.#texts.length) return known;
    const perCharacter = known / Math.max(1, this.#tokenizedCharacters);
    return known + Math.round((this.#totalCharacters - this.#tokenizedCharacters) * perCharacter);
  }

  /** Tokenises one more text, if there is one. */
  tokenize(): void {
    const next = this.#texts[this.#tokenized];
    if (next === undefined) return;
    const document = this.#encode(next.text);
    this.#documents.push(document);
    this.#tokenized += 1;
    this.#tokenizedCharacters += charactersOf(next.text);
    for (const { pair } of document.passages) this.#waitingTokens += pair.ids.length;
  }

  /** Hands out what is tokenised, full or not. */
  take(): ScoringWindow {
    const texts = this.#texts.slice(this.#taken, this.#tokenized);
    const window: ScoringWindow = {
      documents: this.#documents,
      indexesOf: texts.map(({ indexes }) => indexes),
      tokens: this.#waitingTokens,
    };
    this.#documents = [];
    this.#taken = this.#tokenized;
    this.#takenTokens += this.#waitingTokens;
    this.#waitingTokens = 0;
    const most = this.#mostTokens(this.totalTokens);
    this.#windowTokens = Math.min(this.#windowTokens * windowGrowth, most);
    return window;
  }
}

/** For judging what is not tokenised yet; the end of an endless text is never read. */
function charactersOf(text: string): number {
  return Math.min(text.length, mostCharacters);
}

/** About what the most passages of one document hold. UTF-16 units. */
const mostCharacters = 60_000;
