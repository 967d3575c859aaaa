import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyAside, isAsideKey, reasonOf } from './set-aside.ts';
import { asideJson, describeAside } from './work-aside.ts';

describe('the file of something that was set aside', () => {
  it('holds all that has a text or a number', () => {
    const cyclic: Record<string, unknown> = { text: '公积金 😀' };
    cyclic.self = cyclic;
    const value = {
      logits: Float64Array.of(1.5, Number.NaN),
      bytes: Uint8Array.of(1, 2).buffer,
      view: new DataView(Uint8Array.of(3).buffer),
      map: new Map([['a', 1n]]),
      set: new Set(['b']),
      at: new Date(0),
      never: new Date(Number.NaN),
      blob: new Blob(['x']),
      nothing: undefined,
      cyclic,
    };
    expect(JSON.parse(asideJson(value))).toEqual({
      logits: [1.5, 'NaN'],
      bytes: [1, 2],
      view: [3],
      map: [['a', '1']],
      set: ['b'],
      at: '1970-01-01T00:00:00.000Z',
      never: 'NaN',
      blob: '[Blob]',
      nothing: 'undefined',
      cyclic: { text: '公积金 😀', self: '[again]' },
    });
  });

  it('keeps fields of any name and changes no prototype', () => {
    const text = asideJson(JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
    expect(text).toContain('"__proto__"');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('is JSON for any value', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withTypedArray: true,
          withMap: true,
          withSet: true,
          withBigInt: true,
          withDate: true,
        }),
        (value) => {
          JSON.parse(asideJson(value));
          describeAside(value);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('what is told of it', () => {
  it('comes from its record, as far as that can be read', () => {
    const record = { version: 1, reason: 'newer-version', setAsideAt: 5, parts: {} };
    expect(describeAside(record)).toEqual({ reason: 'newer-version', setAsideAt: 5 });
    expect(describeAside({ reason: 'newer-version', setAsideAt: 'x' })).toEqual({
      reason: 'newer-version',
      setAsideAt: null,
    });
    expect(describeAside(null)).toEqual({ reason: 'damaged', setAsideAt: null });
  });

  it('of a value in a storage is by a look at it', () => {
    expect(reasonOf('{"version":2}')).toBe('newer-version');
    for (const value of ['', '{', 'null', '{"version":1}', '{"version":"2"}']) {
      expect(reasonOf(value)).toBe('damaged');
    }
  });

  it('lies under keys that are told from all others', () => {
    const keys: string[] = [];
    const storage = {
      getItem: (key: string) => (keys.includes(key) ? 'other' : null),
      setItem: (key: string) => keys.push(key),
    };
    copyAside(storage, 'crossrank.settings', 'a');
    copyAside(storage, 'crossrank.settings', 'b');
    expect(keys).toEqual(['crossrank.settings.unreadable', 'crossrank.settings.unreadable.2']);
    expect(keys.every(isAsideKey)).toBe(true);
    for (const key of ['crossrank.settings', 'other.settings.unreadable', 'crossrank.unreadable']) {
      expect(isAsideKey(key)).toBe(false);
    }
  });
});
