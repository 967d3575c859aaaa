import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddedModel } from '../models/embedded-model.ts';
import { downloadLeftMs, nameOfModel, otherModelName, relativeTime } from './model-display.ts';

describe('nameOfModel', () => {
  it('names known models and lets others stand for themselves', () => {
    expect(nameOfModel('BAAI/bge-reranker-v2-m3')).toBe('bge-reranker-v2-m3');
    expect(nameOfModel('our-model')).toBe('our-model');
  });
});

describe('otherModelName', () => {
  it('has no name for the embedded model, which needs none', () => {
    expect(otherModelName(embeddedModel.id)).toBeNull();
    expect(otherModelName('our-model')).toBe('our-model');
  });
});

describe('downloadLeftMs', () => {
  it('tells how long a download takes only when it is under way', () => {
    const phase = { phase: 'downloading', loadedBytes: 400, totalBytes: 1000 } as const;
    expect(downloadLeftMs({ ...phase, bytesPerSecond: 300 })).toBe(2000);
    expect(downloadLeftMs({ ...phase, bytesPerSecond: null })).toBeNull();
    expect(downloadLeftMs({ ...phase, bytesPerSecond: 0 })).toBeNull();
  });
});

describe('relativeTime', () => {
  it('counts in the largest unit that is full', () => {
    const minute = 60_000;
    const ago = (ms: number) => relativeTime(-ms, 0);
    expect(ago(0)).toMatchObject({ value: -0, unit: 'minute' });
    expect(ago(59 * minute)).toEqual({ value: -59, unit: 'minute' });
    expect(ago(61 * minute)).toEqual({ value: -1, unit: 'hour' });
    expect(ago(25 * 60 * minute)).toEqual({ value: -1, unit: 'day' });
    expect(ago(40 * 24 * 60 * minute)).toEqual({ value: -1, unit: 'month' });
    expect(ago(800 * 24 * 60 * minute)).toEqual({ value: -2, unit: 'year' });
  });

  it('never claims more time than has passed', () => {
    const minutesOf = { minute: 1, hour: 60, day: 1440, month: 43_830, year: 525_960 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), (passedMs) => {
        const { value, unit } = relativeTime(0, passedMs);
        expect(value).toBeLessThanOrEqual(0);
        expect(-value * minutesOf[unit] * 60_000).toBeLessThanOrEqual(passedMs + 1e-3);
      }),
    );
  });
});
