import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeFixtureModels } from './fixture-models.mjs';

let folder: string;
let models: Readonly<Record<string, string>>;

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-fixtures-'));
  models = writeFixtureModels(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

const place = (id: string, file = '') => path.join(models[id] ?? 'missing', file);
const read = (id: string, file: string) => readFileSync(place(id, file));
const readJson = (id: string, file: string) => JSON.parse(read(id, file).toString());
const listOf = (id: string) =>
  readdirSync(place(id), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();

it('writes the builds of each family', () => {
  expect(listOf('test/bert-tiny')).toEqual(
    [
      'README.md',
      'config.json',
      'model.onnx',
      'model_int8.onnx',
      'model_quantized.onnx',
      'reference-logits.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ].toSorted(),
  );
  expect(listOf('test/xlm-r-tiny')).toEqual(
    [
      'README.md',
      'config.json',
      'model.onnx',
      'model.onnx_data',
      'model_int8.onnx',
      'tokenizer.json',
      'tokenizer_config.json',
    ].toSorted(),
  );
  expect(listOf('test/modernbert-tiny')).toEqual([
    'config.json',
    'model.onnx',
    'model_int8.onnx',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  expect(statSync(place('test/xlm-r-tiny', 'onnx/model.onnx_data')).size).toBeGreaterThan(100_000);
});

it('gives bert-tiny the logits of the native runtime, and another model wrong ones', () => {
  const right = readJson('test/bert-tiny', 'reference-logits.json');
  expect(right).toMatchObject({ version: 1, reference_dtype: 'fp32' });
  expect(right.pairs).toHaveLength(8);
  expect(right.pairs[0]).toEqual({
    query: 'what is panda?',
    document: 'The panda is a bear that lives in China and eats bamboo.',
    logit: -0.156162,
  });
  const wrong = readJson('test/wrong-reference', 'reference-logits.json');
  expect(wrong.pairs[0].logit).toBeCloseTo(2.843838, 6);
  expect(read('test/wrong-reference', 'onnx/model.onnx')).toEqual(
    read('test/bert-tiny', 'onnx/model.onnx'),
  );
});

it('breaks one thing in each of the others', () => {
  expect(read('test/not-a-model', 'onnx/model.onnx').toString()).toContain('text');
  expect(readJson('test/wrong-task', 'config.json').architectures).toEqual(['BertForMaskedLM']);
  expect(readJson('test/two-labels', 'config.json')).toMatchObject({
    num_labels: 2,
    id2label: { 0: 'LABEL_0', 1: 'LABEL_1' },
  });
  expect(existsSync(place('test/no-tokenizer', 'tokenizer.json'))).toBe(false);
  const whole = read('test/bert-tiny', 'onnx/model.onnx');
  expect(read('test/truncated', 'onnx/model.onnx')).toEqual(whole.subarray(0, whole.length >> 1));
});

it('finds what it has written, and leaves it as it is', () => {
  const written = statSync(place('test/bert-tiny', 'onnx/model.onnx')).mtimeMs;
  expect(writeFixtureModels(folder)).toEqual(models);
  expect(statSync(place('test/bert-tiny', 'onnx/model.onnx')).mtimeMs).toBe(written);
  expect(readdirSync(folder)).toHaveLength(1);
});
