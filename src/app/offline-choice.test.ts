import { expect, test } from 'vitest';
import { mayKeepFiles, rememberKeepingFiles } from './offline-choice.ts';

function storageOf(kept: Map<string, string>) {
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test('files are kept until the user removes them, and again once asked for', () => {
  const kept = new Map<string, string>();
  const storage = storageOf(kept);
  expect(mayKeepFiles(storage)).toBe(true);
  rememberKeepingFiles(storage, false);
  expect(mayKeepFiles(storage)).toBe(false);
  rememberKeepingFiles(storage, true);
  expect(mayKeepFiles(storage)).toBe(true);
  expect(kept.size).toBe(0);
});

test('storage that is refused, or holds something else, stops nothing', () => {
  const refuse = (): never => {
    throw new DOMException('no', 'SecurityError');
  };
  const refused = { getItem: refuse, setItem: refuse, removeItem: refuse };
  expect(mayKeepFiles(refused)).toBe(true);
  rememberKeepingFiles(refused, false);
  expect(mayKeepFiles(storageOf(new Map([['crossrank.offline', '{']])))).toBe(true);
});
