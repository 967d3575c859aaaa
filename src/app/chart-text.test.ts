import { describe, expect, it } from 'vitest';
import { fittingText, roomyPlaces, textWidth } from './chart-text.ts';

describe('a text in a picture', () => {
  it('is shortened where there is no room for it', () => {
    expect(fittingText('first stage', 200)).toBe('first stage');
    const short = fittingText('reciprocal rank fusion', 80);
    expect(short).toMatch(/^recip.*…$/u);
    expect(textWidth(short)).toBeLessThanOrEqual(80);
    expect(fittingText('anything', 0)).toBe('…');
  });

  it('takes more room in Chinese', () => {
    expect(textWidth('初检')).toBeGreaterThan(textWidth('ab'));
    expect(fittingText('倒数排名融合', 40)).toBe('倒数排…');
  });
});

describe('names at an axis', () => {
  it('do not touch, and the last one is there', () => {
    expect([...roomyPlaces([0, 5, 20, 50, 60], 20)].sort()).toEqual([0, 2, 4]);
    expect([...roomyPlaces([], 20)]).toEqual([]);
    expect([...roomyPlaces([3], 20)]).toEqual([0]);
  });
});
