import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyValueStorage } from './settings-storage.ts';
import { readTokens, writeTokens } from './token-storage.ts';

const origin = 'https://huggingface.co';

function storageOf(kept: Map<string, string> = new Map()): KeyValueStorage {
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

describe('tokens that are kept', () => {
  it('are read as they were written, by origin', () => {
    const kept = new Map<string, string>();
    const tokens = { [origin]: 'hf_a', 'http://localhost:8080': 'hf_b' };
    expect(writeTokens(storageOf(kept), tokens)).toBe(true);
    expect([...kept.keys()]).toEqual(['crossrank.tokens']);
    expect(readTokens(storageOf(kept))).toEqual(tokens);
  });

  it('leave nothing behind when there are none any more', () => {
    const kept = new Map<string, string>();
    writeTokens(storageOf(kept), { [origin]: 'hf_a' });
    writeTokens(storageOf(kept), {});
    expect(kept.size).toBe(0);
  });

  it('are none where the browser refuses', () => {
    const refuse = (): never => {
      throw new DOMException('', 'SecurityError');
    };
    const storage = { getItem: refuse, setItem: refuse, removeItem: refuse };
    expect(readTokens(storage)).toEqual({});
    expect(writeTokens(storage, { [origin]: 'hf_a' })).toBe(false);
    expect(writeTokens(storage, {})).toBe(false);
  });

  it.each([
    '{"version":1,"tokens":[["__proto__","hf_a"]]}',
    '{"version":1,"tokens":[["https://huggingface.co/path","hf_a"]]}',
    '{"version":1,"tokens":[["https://huggingface.co","two words"]]}',
    '{"version":1,"tokens":[["https://huggingface.co","a\\nb"]]}',
    '{"version":1,"tokens":{"https://huggingface.co":"hf_a"}}',
    '{"version":2,"tokens":[["https://huggingface.co","hf_a"]]}',
    'hf_a',
    'null',
  ])('are none where something else is there: %s', (text) => {
    expect(readTokens(storageOf(new Map([['crossrank.tokens', text]])))).toEqual({});
  });

  it('are read without throwing, whatever is there', () => {
    const text = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(text, (kept) => {
        const read = readTokens(storageOf(new Map([['crossrank.tokens', kept]])));
        expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
      }),
      { numRuns: 300 },
    );
  });
});
