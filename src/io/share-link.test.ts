import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeShare, encodeShare, type SharedInput } from './share-link.ts';

const input: SharedInput = {
  version: 1,
  query: '如何泡茶？',
  documents: ['Tea is made of leaves.', '茶叶用热水冲泡。', 'Tea is made of leaves.', ''],
  model: 'cross-encoder/ms-marco-MiniLM-L6-v2',
  longDocuments: 'max',
  maxLength: 512,
  order: 'cross-encoder',
};

const fuzzRuns = Number(process.env.CROSSRANK_FUZZ_RUNS ?? 300);

async function fragmentOf(shared: SharedInput): Promise<string> {
  const link = await encodeShare(shared);
  if (!link.ok) throw new Error('The link is too long.');
  return link.fragment;
}

/** A link made by somebody else: any value, any version. */
function forge(value: unknown, version = '1'): string {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value));
  return `#/share/${version}.${deflateRawSync(bytes, { level: 9 }).toString('base64url')}`;
}

describe('encodeShare and decodeShare', () => {
  it('give back what went in', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800 alone', '查询', '__proto__', '%2F#?&+', '\u0000'),
    );
    const shared = fc.record({
      version: fc.constant(1 as const),
      query: text,
      documents: fc.array(text, { maxLength: 20 }),
      model: fc.option(text.filter((name) => !/\p{Cc}|\p{Bidi_Control}/u.test(name))),
      longDocuments: fc.constantFrom('max', 'mean-of-top-3', 'first', 'truncate'),
      maxLength: fc.integer({ min: 32, max: 8192 }),
      order: fc.constantFrom('cross-encoder', 'bm25', 'both'),
    });
    await fc.assert(
      fc.asyncProperty(shared, async (given) => {
        const link = await encodeShare(given);
        if (!link.ok) throw new Error('The link is too long.');
        expect(link.fragment).toMatch(/^#\/share\/1\.[\w-]+$/);
        expect(link.length).toBe(link.fragment.length);
        expect(await decodeShare(link.fragment)).toEqual({ ok: true, input: given });
        // `location.hash` has the mark, other sources of a fragment do not.
        expect(await decodeShare(link.fragment.slice(1))).toEqual({ ok: true, input: given });
      }),
      { numRuns: 200 },
    );
  });

  it('carry a cascade, and nothing of it where there was none', async () => {
    const cascade = { fast: 'crossrank-tiny-en-zh', depth: 20 };
    const decoded = await decodeShare(await fragmentOf({ ...input, cascade }));
    expect(decoded).toEqual({ ok: true, input: { ...input, cascade } });
    expect(await decodeShare(await fragmentOf(input))).toEqual({ ok: true, input });
    const broken = await decodeShare(forge({ ...input, cascade: { ...cascade, depth: 0 } }));
    expect(broken).toEqual({ ok: false, problem: 'damaged' });
  });

  it('carry 60 paragraphs of English within the limit', async () => {
    // Seeded words in a natural mixture; real prose compresses better.
    const words = fc.sample(
      fc.string({ unit: fc.constantFrom(...'etaoinshrdlu'), minLength: 2, maxLength: 8 }),
      { seed: 7, numRuns: 800 },
    );
    const documents = Array.from({ length: 60 }, (_, place) =>
      Array.from({ length: 70 }, (_, at) => words[(place * 131 + at * at * 7) % 800]).join(' '),
    );
    const link = await encodeShare({ ...input, documents });
    expect(link).toMatchObject({ ok: true });
    expect(await decodeShare(link.ok ? link.fragment : '')).toMatchObject({ ok: true });
  });

  it('take nothing along that was not asked for', async () => {
    const fragment = await fragmentOf({ ...input, ...{ secret: 'token' } });
    expect(await decodeShare(fragment)).toEqual({ ok: true, input });
  });
});

describe('encodeShare', () => {
  it('says how long a link would be that is too long', async () => {
    // Letters without order do not compress.
    const [long = ''] = fc.sample(
      fc.string({ minLength: 60_000, maxLength: 60_000, size: 'max' }),
      { seed: 1, numRuns: 1 },
    );
    const link = await encodeShare({ ...input, documents: [long] });
    expect(link).toMatchObject({ ok: false, limit: 32_000 });
    expect(link.length).toBeGreaterThan(32_000);
  });

  it('tells the same length whether the link is too long or not', async () => {
    const lengths: number[] = [];
    for (let extra = 0; extra < 12; extra += 1) {
      const link = await encodeShare({ ...input, query: 'x9Kq_7Zp-4Wm'.slice(0, extra) });
      expect(link.ok && link.fragment.length).toBe(link.length);
      lengths.push(link.length % 4);
    }
    // All lengths that unpadded base64 can have.
    expect(new Set(lengths).size).toBe(3);
  });

  it('refuses what no reader would take, however well it compresses', async () => {
    const many = { ...input, documents: new Array<string>(10_001).fill('a') };
    await expect(encodeShare(many)).rejects.toMatchObject({ code: 'too-large' });
    const large = { ...input, documents: ['a'.repeat(5_000_000)] };
    await expect(encodeShare(large)).rejects.toMatchObject({ code: 'too-large' });
    const most = { ...input, documents: new Array<string>(10_000).fill('a') };
    expect(await decodeShare(await fragmentOf(most))).toEqual({ ok: true, input: most });
  });
});

describe('decodeShare', () => {
  it.each([
    '',
    '#',
    '#/share/',
    '#/share/1',
    '#/share/1.',
    '#/compare',
    '#/share/0.AA',
    '#/share/1.A',
  ])('calls %j damaged', async (fragment) => {
    expect(await decodeShare(fragment)).toEqual({ ok: false, problem: 'damaged' });
  });

  it('calls a link that was cut off damaged, wherever', async () => {
    const fragment = await fragmentOf(input);
    for (let length = 0; length < fragment.length; length += 1) {
      const read = await decodeShare(fragment.slice(0, length));
      expect(read).toEqual({ ok: false, problem: 'damaged' });
    }
  });

  it.each([
    ['no JSON', 'hello'],
    ['not UTF-8 text', '"\\ud800'],
    ['null', null],
    ['no documents', { ...input, documents: undefined }],
    ['a document that is no text', { ...input, documents: [1] }],
    ['an unknown order', { ...input, order: 'random' }],
    ['a length that is no length', { ...input, maxLength: 64.5 }],
    ['version 0', { ...input, version: 0 }],
  ])('calls %s damaged', async (_, value) => {
    expect(await decodeShare(forge(value))).toEqual({ ok: false, problem: 'damaged' });
  });

  it('calls bytes that are no UTF-8 damaged, though they would be JSON', async () => {
    const json = Buffer.from(JSON.stringify({ ...input, query: '~' }));
    json[json.indexOf('~')] = 0xff;
    const fragment = `#/share/1.${deflateRawSync(json).toString('base64url')}`;
    expect(await decodeShare(fragment)).toEqual({ ok: false, problem: 'damaged' });
  });

  it('knows a link of a newer release by its mark and by its content', async () => {
    expect(await decodeShare('#/share/2.anything_at-all')).toEqual(newer);
    expect(await decodeShare('#/share/17.')).toEqual(newer);
    expect(await decodeShare(forge({ version: 2, other: true }))).toEqual(newer);
  });

  it('stops unpacking a bomb', async () => {
    // 20 MB in some 26,000 characters.
    const bomb = forge({ ...input, query: 'a'.repeat(20_000_000) });
    expect(bomb.length).toBeLessThan(32_000);
    expect(await decodeShare(bomb)).toEqual(tooLarge);
  });

  it('refuses more documents and longer links than there can be', async () => {
    expect(await decodeShare(forge({ ...input, documents: new Array(10_001).fill('a') }))).toEqual(
      tooLarge,
    );
    expect(await decodeShare(`#/share/1.${'A'.repeat(32_000)}`)).toEqual(tooLarge);
  });

  it('refuses a name of a model that would turn the text around it, or never end', async () => {
    for (const model of ['a\u202Eb', 'a\u0000b', 'a\nb', 'x'.repeat(1_001)]) {
      expect(await decodeShare(forge({ ...input, model }))).toEqual({
        ok: false,
        problem: 'damaged',
      });
      const cascade = { fast: model, depth: 1 };
      expect(await decodeShare(forge({ ...input, cascade }))).toMatchObject({ ok: false });
    }
  });

  it('takes numbers without bounds for the largest that mean something', async () => {
    const cascade = { fast: 'a', depth: 1e308 };
    expect(await decodeShare(forge({ ...input, maxLength: 1e308, cascade }))).toEqual({
      ok: true,
      input: { ...input, maxLength: 1_000_000, cascade: { fast: 'a', depth: 10_000 } },
    });
  });

  it('keeps no key that it does not know, and no prototype', async () => {
    const json = JSON.stringify({ ...input, extra: 1 }).replace(
      '{',
      '{"__proto__":{"polluted":1},',
    );
    const read = await decodeShare(forge(json));
    expect(read).toEqual({ ok: true, input });
    expect(read.ok && 'polluted' in read.input).toBe(false);
  });

  it(`answers ${fuzzRuns} broken links without throwing`, async () => {
    const fragment = await fragmentOf(input);
    const place = fc.nat(fragment.length - 1);
    const broken = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^#\/share\/1\.[\w-]{0,200}$/),
      fc
        .uint8Array({ maxLength: 400 })
        .map((bytes) => forge(Buffer.from(bytes).toString('latin1'))),
      fc.json().map((json) => forge(json)),
      fc
        .dictionary(fc.constantFrom(...Object.keys(input), '__proto__'), fc.jsonValue())
        .map((fields) => forge({ ...input, ...fields })),
      // One letter changed, one part taken out, one part twice.
      fc
        .tuple(place, fc.constantFrom(...'Az09_-%=.'))
        .map(([at, letter]) => fragment.slice(0, at) + letter + fragment.slice(at + 1)),
      fc.tuple(place, place).map(([from, to]) => fragment.slice(0, from) + fragment.slice(to)),
    );
    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        const read = await decodeShare(text);
        if (read.ok) {
          expect(read.input.documents.every((document) => typeof document === 'string')).toBe(true);
          expect(await decodeShare(await fragmentOf(read.input))).toEqual(read);
        } else expect(['damaged', 'newer-version', 'too-large']).toContain(read.problem);
      }),
      { numRuns: fuzzRuns },
    );
  });
});

const newer = { ok: false, problem: 'newer-version' };
const tooLarge = { ok: false, problem: 'too-large' };
