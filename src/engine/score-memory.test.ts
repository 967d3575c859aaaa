import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadedModel } from './reranker.ts';
import { type KnownScore, ScoreMemory, scoreScopeOf } from './score-memory.ts';

const model: LoadedModel = {
  model: 'a/b',
  revision: 'r1',
  dtype: 'q8',
  device: 'webgpu',
  adapter: 'nvidia ada',
  softwareAdapter: false,
  threads: 2,
  maxLength: 512,
  selfTest: null,
  stepDowns: [],
};
const request = { query: 'panda', documents: ['a'] };

describe('a memory of scores', () => {
  it('knows what it was told, in that scope alone', () => {
    const memory = new ScoreMemory();
    memory.keep('s', [['bear', scoreOf(1)]]);
    expect(memory.recall('s', 'bear')).toEqual(scoreOf(1));
    expect(memory.recall('s', 'bears')).toBeUndefined();
    expect(memory.recall('t', 'bear')).toBeUndefined();
  });

  it('holds the newest score of a text, once', () => {
    const memory = new ScoreMemory();
    memory.keep('s', [['bear', scoreOf(1)]]);
    memory.keep('s', [['bear', scoreOf(2)]]);
    expect(memory.recall('s', 'bear')).toEqual(scoreOf(2));
    expect(memory.size).toBe(1);
  });

  it('forgets what was used least recently, and reading is using', () => {
    const memory = new ScoreMemory({ entries: 2, characters: 100 });
    memory.keep('s', [
      ['first', scoreOf(1)],
      ['second', scoreOf(2)],
    ]);
    memory.recall('s', 'first');
    memory.keep('t', [['third', scoreOf(3)]]);
    expect(memory.recall('s', 'second')).toBeUndefined();
    expect(memory.recall('s', 'first')).toEqual(scoreOf(1));
    expect(memory.recall('t', 'third')).toEqual(scoreOf(3));
  });

  it('counts the characters of texts, and those of each scope once', () => {
    const memory = new ScoreMemory({ entries: 100, characters: 12 });
    memory.keep('12', [
      ['12345', scoreOf(1)],
      ['54321', scoreOf(2)],
    ]);
    expect(memory.size).toBe(2);
    memory.keep('12', [['1', scoreOf(3)]]);
    expect(memory.recall('12', '12345')).toBeUndefined();
    expect(memory.size).toBe(2);
  });

  it('has the room of what went away again, that of its scope included', () => {
    const memory = new ScoreMemory({ entries: 2, characters: 12 });
    for (let scope = 10; scope < 30; scope += 1) {
      memory.keep(`${scope}`, [
        ['1234', scoreOf(1)],
        ['4321', scoreOf(2)],
      ]);
    }
    expect(memory.size).toBe(2);
  });

  it('leaves out what is longer than all its room, and keeps the others', () => {
    const memory = new ScoreMemory({ entries: 100, characters: 12 });
    memory.keep('s', [['short', scoreOf(1)]]);
    memory.keep('s', [['long '.repeat(3), scoreOf(2)]]);
    expect(memory.recall('s', 'short')).toEqual(scoreOf(1));
    expect(memory.size).toBe(1);
  });

  it('is empty when it was cleared, and its room is free again', () => {
    const memory = new ScoreMemory({ entries: 100, characters: 6 });
    memory.keep('s', [['short', scoreOf(1)]]);
    memory.clear();
    expect(memory.size).toBe(0);
    expect(memory.recall('s', 'short')).toBeUndefined();
    memory.keep('t', [['12345', scoreOf(1)]]);
    expect(memory.size).toBe(1);
  });

  it('never holds more than its limits, and what it says is the last that it was told', () => {
    const name = fc.constantFrom('s', 'scope', '__proto__');
    const text = fc.constantFrom('', 'a', 'bb', 'a long text', 'constructor', '__proto__');
    const step = fc.record({ scope: name, text, keeps: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = new ScoreMemory({ entries: 4, characters: 30 });
        const told = new Map<string, number>();
        for (const [number, { scope, text: one, keeps }] of steps.entries()) {
          const key = `${scope}/${one}`;
          if (keeps) {
            memory.keep(scope, [[one, scoreOf(number)]]);
            told.set(key, number);
          } else {
            const known = memory.recall(scope, one);
            if (known !== undefined) expect(known.logit).toBe(told.get(key));
          }
          expect(memory.size).toBeLessThanOrEqual(4);
          expect(charactersIn(memory, told)).toBeLessThanOrEqual(30);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the scope of a score', () => {
  const scope = scoreScopeOf(model, request);

  it.each<[string, Partial<LoadedModel>, object]>([
    ['another model', { model: 'a/c' }, {}],
    ['another revision', { revision: 'r2' }, {}],
    ['other weights', { dtype: 'fp16' }, {}],
    ['another device', { device: 'wasm', adapter: null }, {}],
    ['another GPU', { adapter: 'intel xe' }, {}],
    ['another query', {}, { query: 'pandas' }],
    ['another reading of long documents', {}, { longDocuments: 'first' }],
    ['a shorter pair', {}, { maxLength: 256 }],
  ])('differs with %s', (_, otherModel, otherRequest) => {
    const other = scoreScopeOf({ ...model, ...otherModel }, { ...request, ...otherRequest });
    expect(other).not.toBe(scope);
  });

  it('is the same for what changes no score', () => {
    const same = { ...request, topK: 3, documents: ['b'], promise: [1], remember: true };
    expect(scoreScopeOf({ ...model, threads: 4, selfTest: null }, same)).toBe(scope);
    expect(scoreScopeOf(model, { ...request, longDocuments: 'max', maxLength: 512 })).toBe(scope);
    // A model of 512 tokens reads no more, whatever it is asked for.
    expect(scoreScopeOf(model, { ...request, maxLength: 4096 })).toBe(scope);
  });

  it('does not exist where scores depend on the other documents, as those of BM25', () => {
    expect(scoreScopeOf({ ...model, device: 'js' }, request)).toBeNull();
  });
});

function scoreOf(logit: number): KnownScore {
  return { logit, relevance: 0.5, tokens: 5, truncated: false };
}

/** Characters of all that is remembered, each scope counted once. */
function charactersIn(memory: ScoreMemory, told: ReadonlyMap<string, number>): number {
  const copy = new Set<string>();
  let characters = 0;
  for (const key of told.keys()) {
    const [scope = '', text = ''] = key.split('/');
    if (memory.recall(scope, text) === undefined) continue;
    if (!copy.has(scope)) characters += scope.length;
    copy.add(scope);
    characters += text.length;
  }
  return characters;
}
