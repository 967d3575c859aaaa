import type { Page } from '@playwright/test';
import { BlobWriter, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js';
import type { KeptModel } from '../src/index.ts';
import { expect, stampOf, test } from './fixtures.ts';
import {
  type Ending,
  expectInUse,
  inUse,
  keptFiles,
  load,
  logitsOf,
  modelFolders,
  openModelsView,
  openPage,
  readModelFile,
  readReferenceLogits,
} from './hub.ts';

const reference = readReferenceLogits();
const bertLogits = (reference.models[0]?.rows ?? []).map(({ int8 }) => int8);
/** As in src/engine/families.test.ts. */
const tolerance = 0.02;

interface DiskFile {
  readonly path: string;
  readonly content: Buffer;
}

/** The int8 build of the BERT test model, in the layout of the hub. */
const model: readonly DiskFile[] = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'reference-logits.json',
  'onnx/model_quantized.onnx',
].map((file) => ({ path: file, content: readModelFile('test/bert-tiny', file) }));
const inFolder = model.map((file) => ({ ...file, path: `my-reranker/${file.path}` }));
const weightless = model.filter((file) => !file.path.endsWith('.onnx'));

test('the files of a folder become a model that loads, scores as it should, and asks nobody', async ({
  page,
}) => {
  await openPage(page);
  const kept = await importFolder(page, 'my-reranker', inFolder);
  expect(kept.value).toMatchObject({ id: 'my-reranker', host: 'disk', kept: 'disk' });
  expect(kept.value?.builds).toMatchObject([{ dtype: 'q8', complete: true }]);
  await expectScores(page, 'my-reranker');
});

test('a zip becomes a model, too, and is there after a reload', async ({ page }) => {
  await openPage(page);
  const kept = await importArchive(page, 'my-reranker.zip', await zipOf(inFolder));
  expect(kept.value).toMatchObject({ id: 'my-reranker', host: 'disk' });
  await page.reload();
  await openPage(page);
  await expectScores(page, 'my-reranker');
});

test('the same model is kept once, however often it is brought', async ({ page }) => {
  await openPage(page);
  const first = await importFolder(page, 'my-reranker', inFolder);
  const again = await importArchive(page, 'again.zip', await zipOf(inFolder));
  expect(again.value?.key).toBe(first.value?.key);
  expect(await modelKeys(page)).toEqual([first.value?.key]);
});

test('what is no model is refused with its reason, and nothing is left behind', async ({
  page,
}) => {
  const escaping = replaceBytes(
    await zipOf([...model, { path: 'xx/evil.json', content: Buffer.from('{}') }]),
    'xx/evil.json',
    '../evil.json',
  );
  const bomb = [...weightless, { path: 'onnx/model.onnx', content: Buffer.alloc(20_000_000) }];
  const archives: readonly {
    readonly what: string;
    readonly bytes: Buffer;
    readonly code: string;
    readonly says: string;
  }[] = [
    {
      what: 'no ONNX file',
      bytes: await zipOf(weightless),
      code: 'model-unsupported',
      says: 'no .onnx file',
    },
    { what: 'a path out of the zip', bytes: escaping, code: 'model-corrupt', says: '../evil.json' },
    { what: 'a zip bomb', bytes: await zipOf(bomb), code: 'model-corrupt', says: 'zip bomb' },
    {
      what: 'an encrypted zip',
      bytes: await zipOf(model, 'secret'),
      code: 'model-unsupported',
      says: 'is encrypted',
    },
    {
      what: 'half a zip',
      bytes: (await zipOf(model)).subarray(0, 90_000),
      code: 'model-corrupt',
      says: 'cut off',
    },
    {
      what: 'text with the name of a zip',
      bytes: Buffer.from('no zip at all\n'.repeat(100)),
      code: 'model-unsupported',
      says: 'is not a zip',
    },
  ];
  await openPage(page);
  for (const { what, bytes, code, says } of archives) {
    await test.step(what, async () => {
      const refused = await importArchive(page, 'my-reranker.zip', bytes);
      expect(refused.code).toBe(code);
      expect(refused.message).toContain('my-reranker');
      expect(refused.message).toContain(says);
    });
  }
  const folders: readonly { what: string; files: readonly DiskFile[]; says: string }[] = [
    { what: 'an empty folder', files: [], says: 'holds no model' },
    {
      what: 'no tokenizer',
      files: model.filter((file) => !file.path.startsWith('tokenizer')),
      says: 'no tokenizer.json',
    },
    { what: 'no config', files: model.slice(1), says: 'no config.json' },
    {
      what: 'a classifier with two labels',
      files: [
        { path: 'config.json', content: readModelFile('test/two-labels', 'config.json') },
        ...model.slice(1),
      ],
      says: '2 labels',
    },
  ];
  for (const { what, files, says } of folders) {
    await test.step(what, async () => {
      const refused = await importFolder(page, 'my-reranker', files);
      expect(refused.code).toBe('model-unsupported');
      expect(refused.message).toContain('my-reranker');
      expect(refused.message).toContain(says);
    });
  }
  expect(await modelKeys(page)).toEqual([]);
  expect((await keptFiles(page)).filter(({ bytes }) => bytes > 0)).toEqual([]);
  expect(await logitsOf(page, reference.pairs.slice(0, 1))).toEqual([expect.any(Number)]);
});

test('content that does not match its zip is found while it is copied, and deleted', async ({
  page,
}) => {
  await openPage(page);
  const bytes = await zipOf(inFolder, undefined, 0);
  // Stored as it is, so one byte of the weights can be inverted behind the zip's back.
  const at = bytes.indexOf(model[4]?.content.subarray(100_000, 100_032) ?? '');
  expect(at).toBeGreaterThan(0);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  const refused = await importArchive(page, 'my-reranker.zip', bytes);
  expect(refused.code).toBe('model-corrupt');
  expect(refused.message).toContain('onnx/model_quantized.onnx damaged');
  expect(await modelKeys(page)).toEqual([]);
  expect((await keptFiles(page)).filter(({ bytes: size }) => size > 0)).toEqual([]);
});

test('a folder that is chosen in the page is loaded, kept and used from then on', async ({
  page,
}) => {
  await openPage(page);
  await openModelsView(page);
  await page.getByLabel('Choose folder').setInputFiles(modelFolders()['test/bert-tiny'] ?? '');
  await expectInUse(page, 'bert-tiny');
  await expect(inUse(page)).toContainText('Self-test passed');
  const kept = page.getByRole('region', { name: 'On this machine' });
  await expect(kept.getByRole('listitem', { name: 'bert-tiny' })).toContainText('from disk');
  await page.getByRole('link', { name: 'Rerank', exact: true }).click();
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toContainText('bert-tiny');
  await page.reload();
  await expect(stampOf(page)).toContainText('bert-tiny');
});

test('a zip that is chosen in the page is taken, and a broken one is refused by name', async ({
  page,
}) => {
  await openPage(page);
  await openModelsView(page);
  const picker = page.getByLabel('Choose zip');
  const mimeType = 'application/zip';
  const broken = await zipOf(weightless);
  await picker.setInputFiles({ name: 'my-reranker.zip', mimeType, buffer: broken });
  await expect(page.getByRole('alert')).toContainText('my-reranker.zip was not taken.');
  await expectInUse(page, 'crossrank-tiny-en-zh');
  await picker.setInputFiles({ name: 'my-reranker.zip', mimeType, buffer: await zipOf(inFolder) });
  await expectInUse(page, 'my-reranker');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a second model of the same name takes the place of the first, and either can be loaded', async ({
  page,
}) => {
  await openPage(page);
  await openModelsView(page);
  const picker = page.getByLabel('Choose zip');
  const zip = { name: 'my-reranker.zip', mimeType: 'application/zip' };
  const revision = () => page.evaluate(() => window.crossrank.model?.revision ?? 'none');
  await picker.setInputFiles({ ...zip, buffer: await zipOf(inFolder) });
  await expectInUse(page, 'my-reranker');
  const first = await revision();
  const other = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model_int8.onnx'];
  const files = other.map((file) => ({
    path: file,
    content: readModelFile('test/modernbert-tiny', file),
  }));
  await picker.setInputFiles({ ...zip, buffer: await zipOf(files) });
  await expect.poll(revision).not.toMatch(new RegExp(`${first}|none`));
  await page.getByRole('button', { name: 'Load my-reranker' }).click();
  await expect.poll(revision).toBe(first);
});

test('a zip that is dropped anywhere on the models view is taken', async ({ page }) => {
  await openPage(page);
  await openModelsView(page);
  const dropped = await page.evaluateHandle(
    ({ base64, type }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'my-reranker.zip', { type }));
      return transfer;
    },
    { base64: (await zipOf(inFolder)).toString('base64'), type: 'application/zip' },
  );
  const target = page.getByRole('heading', { level: 1 });
  // Over and over, as a pointer that drags does: the page listens when it has been drawn.
  await expect(async () => {
    await target.dispatchEvent('dragover', { dataTransfer: dropped });
    await expect(page.getByText('Drop to take this model')).toBeVisible({ timeout: 500 });
  }).toPass();
  await target.dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page.getByText('Drop to take this model')).toHaveCount(0);
  await expectInUse(page, 'my-reranker');
});

async function expectScores(page: Page, id: string): Promise<void> {
  const { value, events, message } = await load(page, { model: id, device: 'wasm' });
  expect(value, message).toMatchObject({ model: id, dtype: 'q8', device: 'wasm' });
  expect(value?.selfTest).toMatchObject({ verdict: 'passed', against: 'model-files' });
  expect(events.map(({ type }) => type)).not.toContain('looking-up');
  const logits = await logitsOf(page, reference.pairs);
  expect(logits.length).toBeGreaterThan(0);
  for (const [index, logit] of logits.entries()) {
    expect(Math.abs(logit - (bertLogits[index] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  }
}

function importFolder(
  page: Page,
  name: string,
  files: readonly DiskFile[],
): Promise<Ending<KeptModel>> {
  const encoded = files.map((file) => [file.path, file.content.toString('base64')] as const);
  return importModel(page, { name, files: encoded, archive: null });
}

function importArchive(page: Page, name: string, bytes: Buffer): Promise<Ending<KeptModel>> {
  return importModel(page, { name, files: [], archive: bytes.toString('base64') });
}

interface Encoded {
  readonly name: string;
  readonly files: readonly (readonly [path: string, base64: string])[];
  readonly archive: string | null;
}

function importModel(page: Page, encoded: Encoded): Promise<Ending<KeptModel>> {
  return page.evaluate(async ({ name, files, archive }) => {
    const blobOf = (base64: string): Blob =>
      new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]);
    try {
      const value = await window.crossrank.importModel(
        archive === null
          ? { name, files: files.map(([path, base64]) => ({ path, blob: blobOf(base64) })) }
          : { name, archive: blobOf(archive) },
      );
      return { code: null, value, message: '' as const };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
      // The console API rejects with RerankErrors alone.
      return { code: code as 'other', value: null, message: String(error) };
    }
  }, encoded);
}

function modelKeys(page: Page): Promise<string[]> {
  return page.evaluate(async () => (await window.crossrank.models()).map(({ key }) => key));
}

/** @param level 0 (as it is) to 9 */
async function zipOf(files: readonly DiskFile[], password?: string, level = 6): Promise<Buffer> {
  const writer = new ZipWriter(new BlobWriter(), {
    useWebWorkers: false,
    level,
    ...(password !== undefined && { password }),
  });
  for (const file of files) await writer.add(file.path, new Uint8ArrayReader(file.content));
  return Buffer.from(await (await writer.close()).arrayBuffer());
}

function replaceBytes(bytes: Buffer, from: string, to: string): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from)) changed.write(to, at);
  return changed;
}
