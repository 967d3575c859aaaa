import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { parseKeywordTraps, trapKinds, trapLanguages } from './keyword-traps.ts';

const shippedFile = new URL('../../public/demos/keyword-traps.json', import.meta.url);

function makeTrap(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'quiet-room',
    language: 'en',
    kind: 'synonym',
    favours: 'meaning',
    title: { en: 'A quiet room', zh: '安静的房间' },
    query: 'silent place to study',
    documents: ['a', 'b', 'c', 'd'].map((docId) => ({ docId, text: `text of ${docId} 😀 <b>` })),
    answerId: 'a',
    trapId: 'b',
    explanation: { en: 'Other words, same meaning.', zh: '用词不同，意思相同。' },
    ...changes,
  };
}

function makeDocuments(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    docId: 'abcdefghij'.charAt(index),
    text: 'text',
  }));
}

function parseOne(changes: Record<string, unknown>) {
  return parseKeywordTraps({
    version: 1,
    traps: [makeTrap(), makeTrap({ id: 'two', ...changes })],
  });
}

function catchError(parse: () => unknown): RerankError {
  try {
    parse();
  } catch (error) {
    if (error instanceof RerankError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseKeywordTraps', () => {
  it('returns the traps in file order', () => {
    expect(parseOne({})).toEqual([makeTrap(), makeTrap({ id: 'two' })]);
  });

  it('accepts every language, every kind and 4 to 8 documents', () => {
    for (const language of trapLanguages) expect(parseOne({ language })).toHaveLength(2);
    for (const kind of trapKinds) expect(parseOne({ kind })).toHaveLength(2);
    for (const count of [4, 8]) {
      expect(parseOne({ documents: makeDocuments(count) })).toHaveLength(2);
    }
  });

  it.each(['mild', 'hard'])('keeps the difficulty %s, and does without one', (difficulty) => {
    const traps = parseOne({ difficulty });
    expect(traps.map((trap) => trap.difficulty)).toEqual([undefined, difficulty]);
    expect(traps[0]).not.toHaveProperty('difficulty');
  });

  it('ignores fields it does not know', () => {
    expect(parseOne({ note: 'x' })[1]).toEqual(makeTrap({ id: 'two' }));
  });

  it.each([
    ['an unknown language', { language: 'fr' }, 'traps.1.language'],
    ['an unknown kind', { kind: 'magic' }, 'traps.1.kind'],
    ['an unknown side', { favours: 'both' }, 'traps.1.favours'],
    ['an unknown difficulty', { difficulty: 'easy' }, 'traps.1.difficulty'],
    ['a missing query', { query: undefined }, 'traps.1.query'],
    ['a blank query', { query: ' \u3000' }, 'traps.1.query'],
    ['a title in one language', { title: { en: 'A' } }, 'traps.1.title.zh'],
    ['a blank explanation', { explanation: { en: 'A', zh: '' } }, 'traps.1.explanation.zh'],
    ['too few documents', { documents: makeDocuments(3) }, 'traps.1.documents'],
    ['too many documents', { documents: makeDocuments(9) }, 'traps.1.documents'],
    [
      'a document without text',
      { documents: [...makeDocuments(4), { docId: 'e' }] },
      'traps.1.documents.4.text',
    ],
    [
      'two documents with one docId',
      { documents: [...makeDocuments(4), { docId: 'a', text: 'again' }] },
      'traps.1.documents',
    ],
    ['an answer that is no document', { answerId: 'z' }, 'traps.1.answerId'],
    ['a trap that is no document', { trapId: 'z' }, 'traps.1.trapId'],
    ['one document as answer and trap', { trapId: 'a' }, 'traps.1.trapId'],
    ['an id used twice', { id: 'quiet-room' }, 'traps'],
  ])('names the path of %s', (_name, changes, path) => {
    const error = catchError(() => parseOne(changes));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toContain(` at ${path}: `);
  });

  it.each([
    [{ version: 2, traps: [] }, 'version'],
    [{ version: 1 }, 'traps'],
    [{ version: 1, traps: {} }, 'traps'],
    [[], 'version'],
    [null, 'the top level'],
    ['traps', 'the top level'],
  ])('rejects %j', (json, path) => {
    const error = catchError(() => parseKeywordTraps(json));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toContain(` at ${path}: `);
  });

  it('reads the collection that ships with the page', () => {
    const json: unknown = JSON.parse(readFileSync(shippedFile, 'utf8'));
    expect(parseKeywordTraps(json).length).toBeGreaterThan(0);
  });
});
