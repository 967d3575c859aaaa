import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReferenceLogits, referenceLogitsFile } from './reference-logits.ts';

const pair = { query: 'what is panda?', document: '大熊猫', logit: -8.1875 };
const file = {
  version: 1,
  source: 'our notebook, transformers 4.57',
  reference_dtype: 'fp16',
  pairs: [pair, { ...pair, logit: 5 }],
};

function read(json: unknown): ReturnType<typeof readReferenceLogits> {
  return readReferenceLogits(JSON.stringify(json));
}

describe('reference-logits.json', () => {
  it('gives source, number format and pairs', () => {
    const { source, pairs } = file;
    expect(read(file)).toEqual({ source, referenceDtype: 'fp16', pairs });
  });

  it('may leave out who computed them and how: then it is the file itself, in fp32', () => {
    expect(read({ version: 1, pairs: [pair] })).toEqual({
      source: referenceLogitsFile,
      referenceDtype: 'fp32',
      pairs: [pair],
    });
  });

  it('may hold more than is read of it', () => {
    const more = { ...file, made: 'today', pairs: [{ ...pair, label: 1 }] };
    expect(read(more)?.pairs).toEqual([pair]);
  });

  it('is used up to its sixteenth pair', () => {
    const pairs = Array.from({ length: 20 }, (_, logit) => ({ ...pair, logit }));
    expect(read({ ...file, pairs })?.pairs).toEqual(pairs.slice(0, 16));
  });

  it.each([
    ['of another version', { ...file, version: 2 }],
    ['without pairs', { ...file, pairs: [] }],
    ['with pairs of another kind', { ...file, pairs: [['q', 'd', 1]] }],
    ['with an empty text', { ...file, pairs: [{ ...pair, document: '' }] }],
    ['with a text that is too long', { ...file, pairs: [{ ...pair, query: 'a'.repeat(4001) }] }],
    ['with a logit that is none', { ...file, pairs: [{ ...pair, logit: '1' }] }],
    ['with an unknown number format', { ...file, reference_dtype: 'bf16' }],
    ['with a source that is too long', { ...file, source: 'a'.repeat(501) }],
    ['that is a list', [file]],
  ])('counts as missing when it is one %s', (_, json) => {
    expect(read(json)).toBeNull();
  });

  it('does not take numbers that are too large for one', () => {
    expect(readReferenceLogits(JSON.stringify(file).replace('-8.1875', '1e999'))).toBeNull();
  });

  it('counts as missing when it is anything else, and never fails', () => {
    const text = fc.oneof(fc.string(), fc.json());
    fc.assert(fc.property(text, (odd) => readReferenceLogits(odd) === null));
  });
});
