import type { ImportPlace } from '../io/import-types.ts';

/** A text as it is known from one place. */
export interface StatedText {
  readonly id: string | null;
  readonly title: string | null;
  readonly text: string;
}

/** What adding a text did; `different`: its id has another text, which stays. */
export type AddedText = 'new' | 'repeated' | 'different';

/** Texts with an id each. Arrays go by place and are equally long. */
export interface ResolvedTexts {
  readonly ids: readonly string[];
  readonly titles: readonly (string | null)[];
  readonly texts: readonly string[];
  /** Place by key; -1 where no text belongs to the key. */
  readonly places: Int32Array;
}

/**
 * Texts from several files, each once, known by id or, without one, by what they say. References to
 * them may come before they do: a key stands for an id or a text until all is there.
 */
export class IdentifiedTexts {
  readonly #ids: (string | null)[];
  readonly #titles: (string | null)[];
  readonly #texts: string[];
  readonly #keyOfId = new Map<string, number>();
  readonly #idOfKey: (string | null)[] = [];
  readonly #placeOfKey: number[] = [];
  /** Keys of texts that only pairs have stated so far: for them it is no wonder to come again. */
  readonly #fromPairs = new Set<number>();
  /** Title -> text -> key of texts without id in pairs. */
  readonly #keysOfTexts = new Map<string | null, Map<string, number>>();
  readonly #unnamed: { key: number; title: string | null; text: string; place: ImportPlace }[] = [];

  /** @param titles one for each text; ids are all different */
  constructor(
    ids: readonly string[],
    titles: readonly (string | null)[],
    texts: readonly string[],
  ) {
    this.#ids = [...ids];
    this.#titles = [...titles];
    this.#texts = [...texts];
    for (const [place, id] of ids.entries()) this.#placeOfKey[this.keyOfId(id)] = place;
  }

  /** Adds a text; without an id it is always a new one. Of one id the first text stays. */
  add({ id, title, text }: StatedText): AddedText {
    if (id === null) {
      this.#append(null, title, text);
      return 'new';
    }
    const key = this.keyOfId(id);
    const onlyInPairs = this.#fromPairs.delete(key);
    const added = this.#addNamed(key, id, title, text);
    return added === 'repeated' && onlyInPairs ? 'new' : added;
  }

  /** Adds a text of a pair, where the same one is expected to come again and again. */
  addPaired(id: string, title: string | null, text: string): AddedText {
    const key = this.keyOfId(id);
    const added = this.#addNamed(key, id, title, text);
    if (added === 'new') this.#fromPairs.add(key);
    return added;
  }

  /** The key of an id, whether or not a text with it has been seen. */
  keyOfId(id: string): number {
    const known = this.#keyOfId.get(id);
    if (known !== undefined) return known;
    const key = this.#newKey(id);
    this.#keyOfId.set(id, key);
    return key;
  }

  /**
   * The key of a text of a pair that has no id: the text with that title, whoever else states it.
   * @param place where it is from, should it need an id
   */
  keyOfText(title: string | null, text: string, place: ImportPlace): number {
    let keys = this.#keysOfTexts.get(title);
    if (keys === undefined) {
      keys = new Map();
      this.#keysOfTexts.set(title, keys);
    }
    const known = keys.get(text);
    if (known !== undefined) return known;
    const key = this.#newKey(null);
    keys.set(text, key);
    this.#unnamed.push({ key, title, text, place });
    return key;
  }

  /** The id that a key stands for; null where it stands for a text. */
  idOfKey(key: number): string | null {
    return this.#idOfKey[key] ?? null;
  }

  /**
   * Finds the text of each key, adds those that only pairs have, and gives an id to each that has
   * none: the prefix and the first free number. An id that nothing has, written in the way of a URL
   * (`a%20b`, as TREC runs are exported), stands for what it decodes to.
   * @param onAssigned hears of texts in pairs that get an id
   */
  resolve(prefix: string, onAssigned: (place: ImportPlace) => void): ResolvedTexts {
    this.#placeUnnamed(onAssigned);
    const ids = this.#assignIds(prefix);
    const places = Int32Array.from(this.#placeOfKey);
    const placeOfId = new Map(ids.map((id, place) => [id, place]));
    for (const [key, place] of places.entries()) {
      const id = this.idOfKey(key);
      if (place < 0 && id !== null) places[key] = placeOfId.get(id) ?? decodedPlace(id, placeOfId);
    }
    return { ids, titles: this.#titles, texts: this.#texts, places };
  }

  #addNamed(key: number, id: string, title: string | null, text: string): AddedText {
    const place = this.#placeOfKey[key] ?? -1;
    if (place >= 0) {
      const equal = this.#texts[place] === text && this.#titles[place] === title;
      return equal ? 'repeated' : 'different';
    }
    this.#placeOfKey[key] = this.#append(id, title, text);
    return 'new';
  }

  #append(id: string | null, title: string | null, text: string): number {
    this.#ids.push(id);
    this.#titles.push(title);
    this.#texts.push(text);
    return this.#texts.length - 1;
  }

  #newKey(id: string | null): number {
    this.#idOfKey.push(id);
    this.#placeOfKey.push(-1);
    return this.#idOfKey.length - 1;
  }

  #placeUnnamed(onAssigned: (place: ImportPlace) => void): void {
    if (this.#unnamed.length === 0) return;
    for (const [place, text] of this.#texts.entries()) {
      const key = this.#keysOfTexts.get(this.#titles[place] ?? null)?.get(text);
      if (key !== undefined && (this.#placeOfKey[key] ?? -1) < 0) this.#placeOfKey[key] = place;
    }
    for (const { key, title, text, place } of this.#unnamed) {
      if ((this.#placeOfKey[key] ?? -1) >= 0) continue;
      this.#placeOfKey[key] = this.#append(null, title, text);
      onAssigned(place);
    }
  }

  #assignIds(prefix: string): readonly string[] {
    const taken = new Set(this.#ids);
    let number = 0;
    return this.#ids.map((stated) => {
      if (stated !== null) return stated;
      do number += 1;
      while (taken.has(`${prefix}${number}`));
      return `${prefix}${number}`;
    });
  }
}

function decodedPlace(id: string, placeOfId: ReadonlyMap<string, number>): number {
  if (!id.includes('%')) return -1;
  try {
    return placeOfId.get(decodeURIComponent(id)) ?? -1;
  } catch {
    // A percent sign that is just one.
    return -1;
  }
}
