import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastOf, productOf, quotientOf } from './graph-sizes.ts';

describe('sizes', () => {
  it('are written in one way, in whatever order they are multiplied', () => {
    expect(productOf(['sequence', 4, 'batch', 2])).toBe('8*batch*sequence');
    expect(productOf(['batch', '4*sequence', 2])).toBe('8*batch*sequence');
    expect(productOf([1, 'batch'])).toBe('batch');
    expect(productOf([3, 4])).toBe(12);
    expect(productOf([])).toBe(1);
    expect(productOf(['batch', 0])).toBe(0);
  });

  it('are divided where that is certain to be whole', () => {
    expect(quotientOf('8*batch*sequence', '2*batch')).toBe('4*sequence');
    expect(quotientOf('batch', 'batch')).toBe(1);
    expect(quotientOf('8*batch', '3*batch')).toBeNull();
    expect(quotientOf('8*batch', 'sequence')).toBeNull();
    expect(quotientOf(8, 0)).toBeNull();
  });

  it('do not grow without end', () => {
    let size = productOf(['batch']);
    for (let times = 0; times < 100 && size !== null; times++) size = productOf([size, size]);
    expect(size).toBeNull();
  });

  it('are what a product was made of, once the rest is divided off', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 99 }),
      fc.constantFrom('batch', 'sequence', '?1'),
    );
    fc.assert(
      fc.property(size, fc.array(size, { maxLength: 4 }), (one, others) => {
        const [all, rest] = [productOf([one, ...others]), productOf(others)];
        expect(quotientOf(all ?? 0, rest ?? 0)).toBe(one);
      }),
    );
  });
});

describe('shapes that are broadcast', () => {
  it('meet from the right', () => {
    const scores = ['batch', 4, 'sequence', 'sequence'];
    expect(broadcastOf([scores, ['batch', 1, 1, 'sequence']])).toEqual(scores);
    expect(broadcastOf([['batch', 'sequence', 64], [64], []])).toEqual(['batch', 'sequence', 64]);
    expect(
      broadcastOf([
        ['batch', 1],
        [7, 3],
      ]),
    ).toEqual([7, 3]);
  });

  it('are not known where two names meet', () => {
    expect(broadcastOf([['batch'], ['sequence']])).toEqual([null]);
  });
});
