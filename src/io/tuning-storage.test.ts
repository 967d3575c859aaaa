import { describe, expect, it } from 'vitest';
import type { KeyValueStorage } from './settings-storage.ts';
import { createTuningStorage } from './tuning-storage.ts';

/** Behaves like localStorage. */
class FakeStorage implements KeyValueStorage {
  readonly entries = new Map<string, string>();
  isFull = false;

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.isFull) throw new Error('QuotaExceededError');
    this.entries.set(key, value);
  }

  removeItem(key: string): void {
    this.entries.delete(key);
  }
}

const refuse = (): never => {
  throw new Error('SecurityError');
};
const blockedStorage: KeyValueStorage = { getItem: refuse, setItem: refuse, removeItem: refuse };

const small = { tokenBudget: 768, overheadTokens: 12.5 };
const large = { tokenBudget: 4096, overheadTokens: 0 };

describe('tunings', () => {
  it('are none at first', () => {
    expect(createTuningStorage(new FakeStorage()).read('a')).toBeNull();
  });

  it('come back by their key, also on the next visit', () => {
    const storage = new FakeStorage();
    const tunings = createTuningStorage(storage);
    tunings.write('a', small);
    tunings.write('__proto__', large);
    expect(tunings.read('a')).toEqual(small);
    expect(createTuningStorage(storage).read('__proto__')).toEqual(large);
    expect(tunings.read('constructor')).toBeNull();
    expect([...storage.entries.keys()]).toEqual(['crossrank.tunings']);
  });

  it('are replaced by later ones', () => {
    const tunings = createTuningStorage(new FakeStorage());
    tunings.write('a', small);
    tunings.write('a', large);
    expect(tunings.read('a')).toEqual(large);
  });

  it('are 50 at most; the one written longest ago goes', () => {
    const tunings = createTuningStorage(new FakeStorage());
    for (let key = 0; key < 50; key += 1) tunings.write(`${key}`, small);
    tunings.write('0', large);
    tunings.write('50', small);
    expect(tunings.read('1')).toBeNull();
    expect(tunings.read('0')).toEqual(large);
    expect(tunings.read('2')).toEqual(small);
    expect(tunings.read('50')).toEqual(small);
  });

  it('hold nothing but their two numbers', () => {
    const storage = new FakeStorage();
    const tuning = { ...small, query: 'what somebody typed' };
    createTuningStorage(storage).write('a', tuning);
    expect(storage.getItem('crossrank.tunings')).not.toContain('typed');
  });

  it('are not kept under a name of any length', () => {
    const storage = new FakeStorage();
    createTuningStorage(storage).write('x'.repeat(2001), small);
    expect(storage.entries.size).toBe(0);
  });

  const kept = (tuning: unknown): string =>
    JSON.stringify({ version: 1, tunings: [['a', tuning]] });
  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"version":1}',
    JSON.stringify({ version: 1, tunings: { a: small } }),
    JSON.stringify({ version: 1, tunings: [[7, small]] }),
    JSON.stringify({ version: 0, tunings: [['a', small]] }),
    JSON.stringify({ version: 1, tunings: Array.from({ length: 51 }, () => ['a', small]) }),
    kept({ ...small, tokenBudget: 0 }),
    kept({ ...small, tokenBudget: 1.5 }),
    kept({ ...small, tokenBudget: '768' }),
    kept({ ...small, tokenBudget: 1e9 }),
    kept({ ...small, overheadTokens: -1 }),
    kept({ ...small, overheadTokens: null }),
    kept({ tokenBudget: 768 }),
  ])('that are damaged are none, and are set aside by the next writing: %j', (value) => {
    const storage = new FakeStorage();
    storage.setItem('crossrank.tunings', value);
    const tunings = createTuningStorage(storage);
    expect(tunings.read('a')).toBeNull();
    tunings.write('a', large);
    expect(tunings.read('a')).toEqual(large);
    expect(storage.getItem('crossrank.tunings.unreadable')).toBe(value);
  });

  it('of another tab, written meanwhile, stay', () => {
    const storage = new FakeStorage();
    const [one, other] = [createTuningStorage(storage), createTuningStorage(storage)];
    one.write('a', small);
    other.write('b', large);
    expect([one.read('a'), one.read('b')]).toEqual([small, large]);
  });

  it('of a newer release are left as they are', () => {
    const storage = new FakeStorage();
    const newer = JSON.stringify({ version: 2, tunings: 'some other way' });
    storage.setItem('crossrank.tunings', newer);
    const tunings = createTuningStorage(storage);
    expect(tunings.read('a')).toBeNull();
    tunings.write('a', small);
    expect(storage.getItem('crossrank.tunings')).toBe(newer);
  });

  it('are none where storage is blocked or full, and nothing is thrown', () => {
    const blocked = createTuningStorage(blockedStorage);
    blocked.write('a', small);
    expect(blocked.read('a')).toBeNull();
    const storage = new FakeStorage();
    storage.isFull = true;
    const full = createTuningStorage(storage);
    full.write('a', small);
    expect(full.read('a')).toBeNull();
  });
});
