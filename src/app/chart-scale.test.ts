import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsOf, linearScale, niceAxis, niceTicks } from './chart-scale.ts';

describe('a linear scale', () => {
  it('maps the ends of the values to the ends of the places, and lines between', () => {
    const scale = linearScale([0, 0.5], [100, 0]);
    expect([0, 0.25, 0.5].map(scale)).toEqual([100, 50, 0]);
  });

  it('draws a single value in the middle', () => {
    expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
  });
});

describe('ticks', () => {
  it('are round numbers without the noise of binary fractions', () => {
    expect(niceTicks(0, 0.6, 4)).toEqual([0, 0.2, 0.4, 0.6]);
    expect(niceTicks(0, 0.3, 4)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(niceTicks(-0.31, 0.55, 5)).toEqual([-0.2, 0, 0.2, 0.4]);
    expect(niceTicks(0, 100, 6)).toEqual([0, 20, 40, 60, 80, 100]);
  });

  it('are one for a single value', () => {
    expect(niceTicks(5, 5, 4)).toEqual([5]);
  });

  it('have no minus before zero', () => {
    expect(niceTicks(-1, 1, 3).some((tick) => Object.is(tick, -0))).toBe(false);
  });

  it('stay within the values, rise, and are never too many', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(value, fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (low, width) => {
        const ticks = niceTicks(low, low + width, 5);
        expect(ticks.length).toBeLessThanOrEqual(5);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        for (const [place, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThanOrEqual(low - width * 1e-6);
          expect(tick).toBeLessThanOrEqual(low + width * (1 + 1e-6));
          if (place > 0) expect(tick).toBeGreaterThan(ticks[place - 1] ?? Infinity);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('an axis', () => {
  it('is widened to the ticks around its values', () => {
    expect(niceAxis(0, 0.554, 5)).toEqual({ domain: [0, 0.6], ticks: [0, 0.2, 0.4, 0.6] });
    expect(niceAxis(-0.31, 0.55, 6).domain).toEqual([-0.4, 0.6]);
    expect(niceAxis(0, 0.6, 4)).toEqual({ domain: [0, 0.6], ticks: [0, 0.2, 0.4, 0.6] });
    expect(niceAxis(0.506, 0.709, 6).ticks).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75]);
  });

  it('has a length where all values are equal', () => {
    expect(niceAxis(0, 0, 4).domain).toEqual([0, 1]);
    expect(niceAxis(2, 2, 4).domain).toEqual([2, 4]);
  });

  it('holds its values, with ticks at both ends, never too many', () => {
    const value = fc.double({ min: -1e5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(value, fc.double({ min: 1e-3, max: 1e5, noNaN: true }), (low, width) => {
        const { domain, ticks } = niceAxis(low, low + width, 5);
        expect(domain[0]).toBeLessThanOrEqual(low + width * 1e-6);
        expect(domain[1]).toBeGreaterThanOrEqual(low + width * (1 - 1e-6));
        expect(ticks.length).toBeLessThanOrEqual(5);
        expect([ticks[0], ticks.at(-1)]).toEqual(domain);
      }),
      { numRuns: 200 },
    );
  });
});

describe('decimals', () => {
  it('are as many as tell the ticks apart', () => {
    expect(decimalsOf([0, 0.2, 0.4])).toBe(1);
    expect(decimalsOf([0, 0.05])).toBe(2);
    expect(decimalsOf([0, 20])).toBe(0);
    expect(decimalsOf([0.5])).toBe(2);
  });
});
