import fc from 'fast-check';
import MiniSearch from 'minisearch';
import { describe, expect, it } from 'vitest';
import {
  type Bm25Index,
  bm25Scores,
  createBm25Index,
  defaultBm25Parameters,
  startBm25Index,
} from './bm25.ts';
import { wordsOf } from './words.ts';

const scoresOf = (documents: readonly string[], query: string): number[] => [
  ...bm25Scores(createBm25Index(documents), query),
];
const plain = (text: string): string[] => Array.from(wordsOf(text), ({ word }) => word);

describe('bm25Scores by hand', () => {
  const documents = ['cat sat', 'Cat cat dog', 'bird'];

  it('follows the formula', () => {
    // N = 3, lengths 2, 3, 1, average 2. "cat" has df 2: idf = ln(1 + 1.5 / 2.5) = ln 1.6.
    // Document 0: tf 1, len 2: 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 2)) = 2.2 / 2.2 = 1.
    // Document 1: tf 2, len 3: 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2)) = 4.4 / 3.65.
    const [first, second, third] = scoresOf(documents, 'cat');
    expect(first).toBeCloseTo(Math.log(1.6), 15);
    expect(second).toBeCloseTo((Math.log(1.6) * 4.4) / 3.65, 15);
    expect(third).toBe(0);
  });

  it('weighs a rare word more and a short document more', () => {
    // "bird" has df 1: idf = ln(1 + 2.5 / 1.5) = ln(8/3); tf 1, len 1:
    // 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 2)) = 2.2 / 1.75.
    const [, , third] = scoresOf(documents, 'bird');
    expect(third).toBeCloseTo((Math.log(8 / 3) * 2.2) / 1.75, 15);
  });

  it('adds the words of the query, each once per occurrence', () => {
    const cat = scoresOf(documents, 'cat');
    const dog = scoresOf(documents, 'dog');
    expect(scoresOf(documents, 'dog CAT, cat!')).toEqual(
      cat.map((score, index) => expect.closeTo(2 * score + (dog[index] ?? 0), 12)),
    );
  });

  it('ignores length at b = 0 and counts only presence at k1 = 0', () => {
    const noLength = bm25Scores(createBm25Index(documents, { b: 0 }), 'cat');
    // tf 1: 2.2 / (1 + 1.2) = 1; tf 2: 4.4 / (2 + 1.2).
    expect(noLength[0]).toBeCloseTo(Math.log(1.6), 15);
    expect(noLength[1]).toBeCloseTo((Math.log(1.6) * 4.4) / 3.2, 15);
    const presence = bm25Scores(createBm25Index(documents, { k1: 0 }), 'cat');
    expect([...presence]).toEqual([Math.log(1.6), Math.log(1.6), 0]);
  });

  it('finds Chinese words, and not characters inside of other words', () => {
    const chinese = ['住房贷款的办理', '公司员工的标准', '电影'];
    const scores = scoresOf(chinese, '如何办理贷款？');
    expect(scores.map((score) => score > 0)).toEqual([true, false, false]);
  });
});

describe('createBm25Index', () => {
  it('keeps lengths, average and postings', () => {
    const index = createBm25Index(['b a b', '', 'a c']);
    expect([...index.lengths]).toEqual([3, 0, 2]);
    expect(index.averageLength).toBeCloseTo(5 / 3, 15);
    expect([...index.termIds]).toEqual([
      ['b', 0],
      ['a', 1],
      ['c', 2],
    ]);
    // b: document 0 twice; a: documents 0 and 2; c: document 2.
    expect([...index.starts]).toEqual([0, 1, 3, 4]);
    expect([...index.postingDocuments]).toEqual([0, 0, 2, 2]);
    expect([...index.postingCounts]).toEqual([2, 1, 1, 1]);
    expect(index.parameters).toEqual(defaultBm25Parameters);
  });

  it('can be filled word by word, with the same result', () => {
    const documents = ['b a b', '', 'a c'];
    const builder = startBm25Index();
    for (const document of documents) {
      for (const word of plain(document)) builder.addWord(word);
      builder.endDocument();
    }
    expect(builder.build()).toEqual(createBm25Index(documents));
  });

  it('scores nothing for no documents, no words and no shared words', () => {
    expect(scoresOf([], 'cat')).toEqual([]);
    expect(scoresOf(['', ' ', '👋', '\ud800'], 'cat 👋 \ud800')).toEqual([0, 0, 0, 0]);
    expect(scoresOf(['cat'], '')).toEqual([0]);
    expect(scoresOf(['constructor __proto__'], 'toString')).toEqual([0]);
  });

  it.each([
    { k1: -1 },
    { k1: Number.NaN },
    { k1: Infinity },
    { b: -0.1 },
    { b: 1.1 },
    { b: Number.NaN },
  ])('refuses %o', (parameters) => {
    expect(() => createBm25Index(['cat'], parameters)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('bm25Scores on any documents', () => {
  const word = fc.constantFrom('loan', 'rate', 'fund', 'home', '贷款', '申请', '利率');
  const document = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
  const corpus = fc.array(document, { minLength: 1, maxLength: 12 });

  /** The same formula, once more and as plainly as it can be put. */
  function score(texts: readonly string[], query: string, text: string): number {
    const bags = texts.map(plain);
    const averageLength = bags.reduce((sum, bag) => sum + bag.length, 0) / bags.length;
    const bag = plain(text);
    let sum = 0;
    for (const term of plain(query)) {
      const df = bags.filter((other) => other.includes(term)).length;
      const tf = bag.filter((other) => other === term).length;
      if (tf === 0) continue;
      const idf = Math.log(1 + (bags.length - df + 0.5) / (df + 0.5));
      sum += (idf * tf * 2.2) / (tf + 1.2 * (0.25 + (0.75 * bag.length) / averageLength));
    }
    return sum;
  }

  it('equals the formula without an index', () => {
    fc.assert(
      fc.property(corpus, document, (texts, query) => {
        expect(scoresOf(texts, query)).toEqual(
          texts.map((text) => expect.closeTo(score(texts, query, text), 10)),
        );
      }),
    );
  });

  it('is never negative, and 0 exactly where no word is shared', () => {
    fc.assert(
      fc.property(corpus, document, (texts, query) => {
        const queryWords = new Set(plain(query));
        scoresOf(texts, query).forEach((value, index) => {
          const shares = plain(texts[index] ?? '').some((term) => queryWords.has(term));
          expect(shares ? value > 0 : value === 0).toBe(true);
        });
      }),
    );
  });

  it('gives equal documents exactly equal scores, wherever they stand', () => {
    fc.assert(
      fc.property(corpus, document, (texts, query) => {
        const there = scoresOf([...texts, ...texts.toReversed()], query);
        expect(there.toReversed()).toEqual(there);
      }),
    );
  });
});

/** Two languages, words repeated within documents and shared between them, lengths from 1 to 20. */
const corpus = [
  'How to apply for a housing fund loan: documents, offices and deadlines.',
  'The standard for social insurance and the housing fund that a company pays for its staff.',
  'A loan is a loan: whoever signs for a loan pays the loan back, with interest.',
  'Interest rates fell again this week.',
  'The river bank is a quiet place to read.',
  'The bank on Main Street opens at nine.',
  'Part number AX-4410 replaces AX-4400 in all pumps built after 2019.',
  'Pumps, valves and pipes: a price list.',
  'Never mix bleach with vinegar.',
  'Vinegar removes limescale from kettles, taps and shower heads.',
  'Paris is the capital of France.',
  'Paris, Texas is a film, and Paris in Texas is a town.',
  'The capital that a bank must hold',
  'Water boils at 100 degrees at sea level, and at 71 degrees on top of Everest.',
  'Everest',
  "You don't need a visa for a stay of 30 days.",
  '住房公积金贷款办理指南',
  '公司为员工缴纳五险一金的标准',
  '公积金贷款的利率比商业贷款的利率低，贷款额度也有上限。',
  '银行利率下调，房贷利率也随之下调。',
  '如何办理护照？需要身份证和照片。',
  '身份证丢了怎么办？先挂失，再补办身份证。',
  '苹果公司发布新手机',
  '苹果富含维生素，每天一个苹果。',
  '北京是中国的首都。',
  '上海的天气预报：明天有雨，后天有雨，大后天还有雨。',
  '天气',
  '申请贷款需要收入证明、身份证和银行流水。',
  'Apply for a 贷款 at the bank 银行, in English or in 中文.',
  '员工手册：请假、报销、出差和加班的标准。',
];
const queries = [
  'How do I apply for a housing fund loan?',
  'bank interest rates',
  'capital of France',
  'AX-4410',
  'loan loan interest',
  'visa 30 days',
  '如何申请公积金贷款？',
  '贷款利率',
  '身份证丢了',
  '苹果公司 bank 贷款',
  'no such words whatsoever',
];

/** Scores in document order from MiniSearch, with our words and without its d (BM25+). */
function scoresOfMiniSearch(texts: readonly string[], query: string, b: number): number[] {
  const search = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: plain,
    processTerm: (term) => term,
    searchOptions: { bm25: { k: 1.2, b, d: 0 } },
  });
  search.addAll(texts.map((text, id) => ({ id, text })));
  const scores = new Array<number>(texts.length).fill(0);
  for (const { id, score, queryTerms } of search.search(query)) {
    // `id` is one of those given above; MiniSearch types it as any. It multiplies the BM25 score by
    // the number of different query words found, which we take back.
    scores[Number(id)] = score / queryTerms.length;
  }
  return scores;
}

/**
 * MiniSearch has the same idf and saturation, and adds repeated query words as we do, but takes as
 * a document's length its number of *different* words. So scores must be the same in three cases: where length does not matter, where no
 * document repeats a word, and where our index is given its lengths.
 */
describe('bm25Scores against MiniSearch', () => {
  const closeTo = (scores: readonly number[]) => scores.map((score) => expect.closeTo(score, 10));

  it.each(queries)('agrees where length does not matter (b = 0): %s', (query) => {
    const ours = bm25Scores(createBm25Index(corpus, { b: 0 }), query);
    expect([...ours]).toEqual(closeTo(scoresOfMiniSearch(corpus, query, 0)));
  });

  it.each(queries)('agrees where no document repeats a word: %s', (query) => {
    const withoutRepeats = corpus.map((text) => [...new Set(plain(text))].join(' '));
    for (const text of withoutRepeats) expect(new Set(plain(text)).size).toBe(plain(text).length);
    const expected = scoresOfMiniSearch(withoutRepeats, query, 0.75);
    expect(scoresOf(withoutRepeats, query)).toEqual(closeTo(expected));
  });

  it.each(queries)('agrees where lengths count different words only: %s', (query) => {
    const lengths = Uint32Array.from(corpus, (text) => new Set(plain(text)).size);
    const averageLength = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    const index: Bm25Index = { ...createBm25Index(corpus), lengths, averageLength };
    const expected = scoresOfMiniSearch(corpus, query, 0.75);
    expect([...bm25Scores(index, query)]).toEqual(closeTo(expected));
  });
});
