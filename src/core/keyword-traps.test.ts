import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bm25Scores, createBm25Index } from './bm25.ts';
import { orderByScore } from './scores.ts';
import { wordsOf } from './words.ts';

/** The file as written by hand; the page reads it through a schema of its own. */
interface KeywordTrap {
  readonly id: string;
  readonly language: 'zh' | 'en' | 'cross';
  readonly kind: string;
  readonly favours: 'meaning' | 'keywords';
  readonly difficulty?: 'mild' | 'hard';
  readonly title: Readonly<Record<'en' | 'zh', string>>;
  readonly query: string;
  readonly documents: readonly { readonly docId: string; readonly text: string }[];
  readonly answerId: string;
  readonly trapId: string;
  readonly explanation: Readonly<Record<'en' | 'zh', string>>;
}

const kinds = [
  'synonym',
  'negation',
  'homonym',
  'entity-swap',
  'too-general',
  'echoed-question',
  'role-swap',
  'time-or-number',
  'exact-identifier',
  'rare-name',
];

const file = new URL('../../public/demos/keyword-traps.json', import.meta.url);
// The tests below check the shape that this type claims.
const collection = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly version: number;
  readonly traps: readonly KeywordTrap[];
};
const { traps } = collection;
const misleading = traps.filter(({ favours }) => favours === 'meaning');
const counterExamples = traps.filter(({ favours }) => favours === 'keywords');

describe('BM25 on the keyword traps', () => {
  it.each(misleading)('falls into $id', (trap) => {
    const { docId, lead } = strictWinner(trap);
    expect(docId).toBe(trap.trapId);
    expect(lead).toBeGreaterThan(0);
  });

  it.each(counterExamples)('finds the answer of $id', (trap) => {
    const { docId, lead } = strictWinner(trap);
    expect(docId).toBe(trap.answerId);
    expect(lead).toBeGreaterThan(0);
  });

  it.each(traps)('gives $id the same winner when the documents come in reverse', (trap) => {
    const reversed = { ...trap, documents: [...trap.documents].reverse() };
    expect(strictWinner(reversed).docId).toBe(strictWinner(trap).docId);
  });
});

describe('the collection of keyword traps', () => {
  it('carries a version', () => {
    expect(collection.version).toBe(1);
  });

  it('has enough traps in each language', () => {
    const count = (language: KeywordTrap['language']) =>
      traps.filter((trap) => trap.language === language).length;
    expect(traps.length).toBeGreaterThanOrEqual(18);
    expect(count('zh')).toBeGreaterThanOrEqual(8);
    expect(count('en')).toBeGreaterThanOrEqual(7);
    expect(count('cross')).toBeGreaterThanOrEqual(2);
    expect(count('zh') + count('en') + count('cross')).toBe(traps.length);
  });

  it('has enough mild and enough hard traps', () => {
    const count = (difficulty: KeywordTrap['difficulty']) =>
      misleading.filter((trap) => trap.difficulty === difficulty).length;
    expect(count('mild')).toBeGreaterThanOrEqual(10);
    expect(count('hard')).toBeGreaterThanOrEqual(10);
    expect(counterExamples.filter((trap) => 'difficulty' in trap)).toEqual([]);
  });

  // The rule: a trap is hard if its trap document holds every word of the query, else mild.
  it.each(misleading)('calls $id $difficulty, as the words say', (trap) => {
    const decoy = trap.documents.find(({ docId }) => docId === trap.trapId)?.text ?? '';
    expect(trap.difficulty).toBe(shareOfQuery(trap.query, decoy) === 1 ? 'hard' : 'mild');
  });

  it.each(misleading.filter(({ difficulty }) => difficulty === 'mild'))(
    'quotes the question in no document of $id, nor nearly',
    ({ query, documents }) => {
      const shares = documents.map(({ text }) => shareOfQuery(query, text));
      expect(Math.max(...shares)).toBeLessThan(0.75);
    },
  );

  it('opens with the housing-fund loan, in Chinese and in English', () => {
    expect(traps[0]?.id).toBe('housing-fund-loan-zh');
    expect(traps[0]?.query).toBe('如何申请公积金贷款？');
    const texts = traps[0]?.documents.map(({ text }) => text) ?? [];
    expect(texts.some((text) => text.startsWith('公司为员工缴纳五险一金的标准'))).toBe(true);
    expect(texts.some((text) => text.startsWith('住房公积金贷款办理指南'))).toBe(true);
    expect(traps.find(({ language }) => language === 'en')?.id).toBe('housing-fund-loan-en');
  });

  it('has honest counter-examples in which keywords win, in both languages', () => {
    expect(counterExamples.length).toBeGreaterThanOrEqual(4);
    const languages = new Set(counterExamples.map(({ language }) => language));
    expect(languages).toContain('zh');
    expect(languages).toContain('en');
  });

  it('shows every kind of trap and no other', () => {
    expect([...new Set(traps.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort());
  });

  it('has unique ids and queries', () => {
    expect(duplicates(traps.map(({ id }) => id))).toEqual([]);
    expect(duplicates(traps.map(({ query }) => query))).toEqual([]);
  });

  it('has no document equal to another', () => {
    const texts = traps.flatMap(({ documents }) => documents.map(({ text }) => text));
    expect(duplicates(texts)).toEqual([]);
  });

  it.each(traps)('is complete: $id', (trap) => {
    expect(misleading.includes(trap) || counterExamples.includes(trap)).toBe(true);
    expect(trap.documents.length).toBeGreaterThanOrEqual(4);
    expect(trap.documents.length).toBeLessThanOrEqual(8);
    const docIds = trap.documents.map(({ docId }) => docId);
    expect(duplicates(docIds)).toEqual([]);
    expect(docIds).toContain(trap.answerId);
    expect(docIds).toContain(trap.trapId);
    expect(trap.answerId).not.toBe(trap.trapId);

    const words = [trap.title.en, trap.title.zh, trap.explanation.en, trap.explanation.zh];
    for (const text of [...words, trap.query, ...trap.documents.map(({ text }) => text)]) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe('');
    }
  });

  it.each(traps)('is in the language it says: $id', (trap) => {
    const answer = trap.documents.find(({ docId }) => docId === trap.answerId)?.text ?? '';
    const decoy = trap.documents.find(({ docId }) => docId === trap.trapId)?.text ?? '';
    const crosses = trap.language === 'cross';
    expect(isChinese(decoy)).toBe(isChinese(trap.query));
    expect(isChinese(answer)).toBe(isChinese(trap.query) !== crosses);
    if (!crosses) expect(isChinese(trap.query)).toBe(trap.language === 'zh');
  });
});

/** The document that BM25 puts first, and by how much it leads the second. */
function strictWinner(trap: KeywordTrap): { docId: string | undefined; lead: number } {
  const index = createBm25Index(trap.documents.map(({ text }) => text));
  const scores = bm25Scores(index, trap.query);
  const [first = -1, second = -1] = orderByScore(scores);
  return {
    docId: trap.documents[first]?.docId,
    lead: (scores[first] ?? Number.NaN) - (scores[second] ?? Number.NaN),
  };
}

/** How many of the query's different words the text holds, as a share of them. */
function shareOfQuery(query: string, text: string): number {
  const queryWords = new Set(Array.from(wordsOf(query), ({ word }) => word));
  const words = new Set(Array.from(wordsOf(text), ({ word }) => word));
  return [...queryWords].filter((word) => words.has(word)).length / queryWords.size;
}

function duplicates(texts: readonly string[]): string[] {
  return texts.filter((text, position) => texts.indexOf(text) !== position);
}

/** Whether Han characters outnumber Latin letters; code inside a passage is short. */
function isChinese(text: string): boolean {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return han > latin / 2;
}
