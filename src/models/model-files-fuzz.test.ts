import { BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { cardOfRepository } from './inspect-repository.ts';
import { openModelArchive } from './model-archive.ts';
import { openModelFolder } from './model-folder.ts';
import { readNotes } from './model-notes.ts';
import { readReferenceLogits } from './reference-logits.ts';

// `npm run fuzz` takes more.
const numRuns = Number(process.env.CROSSRANK_FUZZ_RUNS ?? 300);
const timeout = 60_000 + numRuns * 100;

const config = {
  architectures: ['BertForSequenceClassification'],
  ...{ hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 16 },
  ...{ vocab_size: 100, max_position_embeddings: 64, id2label: { '0': 'LABEL_0' } },
};
const tokenizerConfig = { model_max_length: 64, sep_token: '[SEP]', cls_token: '[CLS]' };
const files = ['config.json', 'tokenizer.json', 'onnx/model.onnx'].map((path) => ({
  path,
  bytes: 3392,
  sha256: null,
}));
const logits = {
  version: 1,
  source: 'here',
  reference_dtype: 'fp32',
  pairs: [{ query: 'q', document: 'd', logit: 1.5 }],
};

/** Values that do harm where a number, a name or a list was expected. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    0.5,
    1e7,
    1e308,
    -1e308,
    2 ** 53,
    '',
    '1',
    'a\u202Eb',
  ),
  fc.constantFrom<unknown>('__proto__', 'constructor', '<img src=x onerror=alert(1)>', [], {}),
  fc.constant(nested(200)),
  fc.jsonValue(),
);

/** A JSON object of which a few fields hold something else, or names that every object has. */
function spoilt(object: object): fc.Arbitrary<unknown> {
  const names = [...Object.keys(object), '__proto__', 'constructor', 'toString', 'id2label'];
  const change = fc.tuple(fc.constantFrom(...names), odd);
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    // Written and read again, so that `__proto__` is a field as in a file.
    const fields = changes.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    const whole = JSON.stringify(object).slice(1, -1);
    return JSON.parse(`{${[whole, ...fields].filter((part) => part !== '').join(',')}}`);
  });
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Runs a reader: whatever it is given it answers, or throws what callers are told of. */
async function survives(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(RerankError);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Reflect.get({}, 'a')).toBeUndefined();
}

describe('the files of a model that somebody else made', () => {
  it(
    'make a card or a refusal, whatever the configuration says',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(spoilt(config), odd),
          fc.oneof(spoilt(tokenizerConfig), odd),
          async (given, tokenizer) => {
            await survives(() => {
              const card = cardOfRepository({
                ...{ id: 'a/b', revision: 'main', files, licence: null, languages: [] },
                config: given,
                tokenizerConfig: tokenizer,
              });
              expect(Number.isSafeInteger(card.maxLength) && card.maxLength > 0).toBe(true);
              expect(card.builds.every(({ bytes }) => Number.isFinite(bytes))).toBe(true);
            });
          },
        ),
        { numRuns },
      );
    },
    timeout,
  );

  it.each([
    ['arrays', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['objects', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
  ])('are refused where they are %s without end', async (_, deep) => {
    const spoiltConfig: unknown = JSON.parse(
      JSON.stringify({ ...config, id2label: 'deep' }).replace('"deep"', deep),
    );
    const given = { id: 'a/b', revision: 'main', files, licence: null, languages: [] };
    for (const one of [spoiltConfig, JSON.parse(deep)]) {
      await survives(() =>
        cardOfRepository({ ...given, config: one, tokenizerConfig: JSON.parse(deep) }),
      );
      await survives(() => readNotes({ card: one, selfTests: one, benchmarks: [one] }));
    }
    expect(readReferenceLogits(deep)).toBe(null);
  });

  it('make reference logits and notes that can be used, or none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(spoilt(logits), odd), fc.string(), async (given, text) => {
        await survives(() => {
          readReferenceLogits(text);
          const read = readReferenceLogits(JSON.stringify(given));
          expect(read?.pairs.every(({ logit }) => Number.isFinite(logit)) ?? true).toBe(true);
          const notes = typeof given === 'object' && given !== null ? { ...given } : {};
          readNotes({ ...notes, card: given, selfTests: [given], benchmarks: given });
        });
      }),
      { numRuns },
    );
  });

  it('are found in a folder, or refused, whatever their names are', async () => {
    const part = fc.string({
      unit: fc.constantFrom(...['a', '.', '/', '\\', ':', '\0', '\u202E', ' ', 'ä', 'con', '..']),
      maxLength: 6,
    });
    const paths = fc.array(fc.oneof(part, fc.constantFrom(...files.map(({ path }) => path))), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(paths, async (given) => {
        await survives(async () => {
          const picked = given.map((path) => ({ path, blob: new Blob(['x']) }));
          const model = await openModelFolder(picked, 'my-model');
          for (const { path } of model.files)
            expect(path).not.toMatch(/\\|\0|\u202E|(^|\/)\.\.?(\/|$)/);
        });
      }),
      { numRuns },
    );
  });
});

describe('a zip of a model', () => {
  let zip = new Uint8Array();

  beforeAll(async () => {
    const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
    for (const { path } of files) await writer.add(path, new TextReader(path.repeat(20)));
    zip = new Uint8Array(await (await writer.close()).arrayBuffer());
  });

  it(
    'is read or refused, whatever became of its bytes',
    async () => {
      const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
      const changes = fc.array(change, { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(changes, fc.nat({ max: 60 }), async (spoiling, cut) => {
          const bytes = zip.slice(0, zip.length - cut);
          for (const [at, byte] of spoiling) bytes[at % bytes.length] = byte;
          await survives(async () => {
            const model = await openModelArchive(new Blob([bytes]), { name: 'my-model.zip' });
            for (const file of model.files) {
              let length = 0;
              for await (const part of file.stream()) length += part.length;
              // Never more than was declared, however it was packed.
              expect(length).toBeLessThanOrEqual(file.bytes);
            }
          });
        }),
        { numRuns },
      );
    },
    timeout,
  );
});
