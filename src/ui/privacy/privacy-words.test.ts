import { describe, expect, it } from 'vitest';
import { privacyEn } from './privacy-en.ts';
import { privacyZh } from './privacy-zh.ts';

describe('counts of requests', () => {
  it('are singular for one, and say "more" only after others', () => {
    expect(privacyEn.kept(1, '1', true)).toBe('1 more was answered from what this browser keeps');
    expect(privacyEn.kept(12, '12', true)).toMatch(/^12 more were answered /);
    expect(privacyEn.kept(1, '1', false)).toMatch(/^1 was answered /);
    expect(privacyEn.kept(12, '12', false)).toMatch(/^12 were answered /);
    expect(privacyZh.kept(12, '12', true)).toMatch(/^另有 12 个/);
    expect(privacyZh.kept(12, '12', false)).toMatch(/^12 个/);
  });
});
