import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelCatalog } from './catalog.ts';
import { embeddedCard } from './embedded-card.ts';
import type { KeptBenchmark, KeptSelfTest } from './kept-model.ts';
import { readNotes, withNote } from './model-notes.ts';

const nothing = { card: null, askedRevision: null, selfTests: [], benchmarks: [] };

const selfTest: KeptSelfTest = {
  device: 'webgpu',
  dtype: 'fp16',
  adapter: 'nvidia ada',
  verdict: 'differs',
  against: 'published',
  largestDifference: 0.4,
  reason: 'odd',
  testedAt: 5,
};

const benchmark: KeptBenchmark = {
  ...{ device: 'wasm', dtype: 'q8', adapter: null, threads: 4, measuredAt: 6 },
  rows: [{ tokens: 64, pairsPerSecond: 12.5, gflops: null }],
};

/** As the store gives back what was written to it. */
function stored(notes: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(notes));
}

describe('reading notes', () => {
  it.each([...modelCatalog, embeddedCard].map((card) => [card.id, card] as const))(
    'gives back the card of %s as it was written',
    (_, card) => {
      expect(readNotes(stored({ card })).card).toEqual(card);
    },
  );

  it('gives back all notes as they were written', () => {
    const notes = { ...nothing, askedRevision: 'main', selfTests: [selfTest] };
    const all = { ...notes, benchmarks: [benchmark] };
    expect(readNotes(stored(all))).toEqual(all);
  });

  it('gives back a self-test whose difference was no number', () => {
    const broken = { ...selfTest, verdict: 'broken', largestDifference: Number.NaN };
    const { selfTests } = readNotes(stored({ selfTests: [broken] }));
    expect(selfTests).toEqual([{ ...broken, largestDifference: null }]);
  });

  it('has nothing where nothing was noted', () => {
    expect(readNotes({})).toEqual(nothing);
  });

  it.each([
    ['card', { ...embeddedCard, builds: [{ path: 'x' }] }],
    ['card', { ...embeddedCard, maxLength: 8 }],
    ['card', { ...embeddedCard, architecture: 'a new one' }],
    ['askedRevision', ['main']],
    ['selfTests', { 0: selfTest }],
    ['selfTests', [{ ...selfTest, dtype: 'fp8' }]],
    ['selfTests', [{ ...selfTest, verdict: 'fine' }]],
    ['benchmarks', [{ ...benchmark, rows: [{ tokens: -1 }] }]],
  ])('counts a note that cannot be used as missing: %s %#', (name, odd) => {
    expect(readNotes({ [name]: odd })).toEqual(nothing);
  });

  it('loses one note of a list, not the others', () => {
    const other = { ...selfTest, dtype: 'q4' };
    const { selfTests } = readNotes({ selfTests: [selfTest, null, { dtype: 'fp16' }, other] });
    expect(selfTests).toEqual([selfTest, other]);
  });

  it('never fails, whatever was noted', () => {
    const note = fc.oneof(fc.anything(), fc.array(fc.anything()));
    const notes = fc.record({ card: note, askedRevision: note, selfTests: note, benchmarks: note });
    fc.assert(
      fc.property(notes, (odd) => {
        const { askedRevision, ...read } = readNotes(odd);
        expect(read).toEqual({ card: null, selfTests: [], benchmarks: [] });
        expect(askedRevision === null || askedRevision === odd.askedRevision).toBe(true);
      }),
    );
  });
});

describe('adding a note', () => {
  it('replaces the one of the same device, dtype and adapter', () => {
    const passed: KeptSelfTest = { ...selfTest, verdict: 'passed' };
    expect(withNote([selfTest], passed)).toEqual([passed]);
  });

  it.each<Partial<KeptSelfTest>>([
    { device: 'wasm' },
    { dtype: 'fp32' },
    { adapter: 'amd rdna' },
    { adapter: null },
  ])('keeps the one of another: %j', (difference) => {
    const other: KeptSelfTest = { ...selfTest, ...difference };
    expect(withNote([selfTest], other)).toEqual([selfTest, other]);
  });
});
