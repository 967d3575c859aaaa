import { describe, expect, test } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { maxImportedBytes, maxImportedFiles, openModelFolder, pickModel } from './model-folder.ts';

/** Files whose content is their path. */
function filesAt(...paths: readonly string[]): { path: string; blob: Blob }[] {
  return paths.map((path) => ({ path, blob: new Blob([path]) }));
}

const complete = ['config.json', 'tokenizer.json', 'onnx/model.onnx'];

async function refusal(
  files: readonly { path: string; blob: Blob }[],
  name = 'my folder',
): Promise<RerankError> {
  const error: unknown = await openModelFolder(files, name).then(
    (model) => new Error(`accepted: ${model.files.map(({ path }) => path).join(', ')}`),
    (reason: unknown) => reason,
  );
  if (error instanceof RerankError) return error;
  throw error;
}

async function pathsOf(...paths: readonly string[]): Promise<string[]> {
  const { files } = await openModelFolder(filesAt(...paths), 'x');
  return files.map(({ path }) => path).sort();
}

describe('openModelFolder', () => {
  test('keeps what a cross-encoder needs and leaves the rest', async () => {
    const needed = [
      ...complete,
      'tokenizer_config.json',
      'special_tokens_map.json',
      'reference-logits.json',
      'model.onnx',
      'model.onnx.data',
      'onnx/model.onnx_data',
      'onnx/model_fp16.onnx',
      'onnx/model_fp16.onnx_data_1',
      'onnx/model_int8.onnx',
    ];
    const paths = await pathsOf(
      ...needed,
      'README.md',
      'pytorch_model.bin',
      'model.safetensors',
      'vocab.txt',
      'openvino/model.onnx',
      'onnx/config.json',
      '1_Pooling/config.json',
      '.git/config.json',
      '.git/lfs/model.onnx',
      '__MACOSX/._model.onnx',
      '._config.json',
      '.DS_Store',
    );
    expect(paths).toEqual(needed.toSorted());
  });

  test('finds the model below the folder that was chosen, and takes its name', async () => {
    const files = filesAt('models/notes.txt', ...complete.map((path) => `models/mine/${path}`));
    const model = await openModelFolder(files, 'models');
    expect(model.name).toBe('mine');
    expect(model.files.map(({ path }) => path)).toEqual(complete);
    expect(model.files[0]?.bytes).toBe('models/mine/config.json'.length);
    const [config] = model.files;
    expect(await new Response(config?.stream()).text()).toBe('models/mine/config.json');
    expect(await new Response(config?.stream()).text()).toBe('models/mine/config.json');
  });

  test('takes the name of what was chosen for loose files', async () => {
    expect((await openModelFolder(filesAt(...complete), 'my-model')).name).toBe('my-model');
  });

  test('takes a model whose own folder is called onnx', async () => {
    const files = filesAt('out/onnx/config.json', 'out/onnx/tokenizer.json', 'out/onnx/model.onnx');
    const model = await openModelFolder(files, 'out');
    expect(model.name).toBe('onnx');
    expect(model.files).toHaveLength(3);
  });

  test('takes the outer of two models inside each other, and the complete one of two', async () => {
    const inner = complete.map((path) => `a/checkpoint-500/${path}`);
    const outer = complete.map((path) => `a/${path}`);
    expect((await openModelFolder(filesAt(...inner, ...outer), 'x')).name).toBe('a');
    const torch = ['a/config.json', 'a/tokenizer.json', 'a/model.safetensors'];
    expect((await openModelFolder(filesAt(...inner, ...torch), 'x')).name).toBe('checkpoint-500');
  });

  test('names the models when there are several', async () => {
    const files = filesAt(
      ...complete.map((path) => `all/b/${path}`),
      ...complete.map((path) => `all/a/${path}`),
    );
    const { code, message } = await refusal(files);
    expect(code).toBe('model-unsupported');
    expect(message).toContain('several models: all/a, all/b.');
  });

  test.each([
    ['weights of PyTorch only', ['config.json', 'tokenizer.json', 'model.safetensors'], 'ONNX'],
    ['weights of an older PyTorch', ['a/config.json', 'a/pytorch_model.bin'], 'pytorch_model.bin'],
    ['no config.json', ['tokenizer.json', 'onnx/model.onnx'], 'config.json'],
    ['only the folder onnx', ['onnx/model.onnx'], 'config.json'],
    ['no tokenizer.json', ['config.json', 'model.onnx', 'vocab.txt'], 'only vocab.txt'],
    ['a tokenizer of SentencePiece', ['config.json', 'model.onnx', 'spm.model'], 'use_fast=True'],
    ['no tokenizer at all', ['config.json', 'model.onnx'], 'no tokenizer.json. Make it'],
    ['something else', ['thesis.pdf', 'photo.jpg'], 'no .onnx file'],
    ['nothing', [], 'no .onnx file'],
  ])('says what is missing: %s', async (_, paths, words) => {
    const { code, message } = await refusal(filesAt(...paths));
    expect(code).toBe('model-unsupported');
    expect(message).toContain('my folder');
    expect(message).toContain(words);
  });

  test('recognises a pointer of Git LFS', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`;
    const { code, message } = await refusal([
      ...filesAt('a/config.json', 'a/tokenizer.json'),
      { path: 'a/onnx/model.onnx', blob: new Blob([pointer]) },
    ]);
    expect(code).toBe('model-unsupported');
    expect(message).toContain('onnx/model.onnx');
    expect(message).toContain('git lfs pull');
  });

  test('refuses an empty file', async () => {
    const { code, message } = await refusal([
      ...filesAt('config.json', 'onnx/model.onnx'),
      { path: 'tokenizer.json', blob: new Blob() },
    ]);
    expect(code).toBe('model-unsupported');
    expect(message).toContain('tokenizer.json in my folder is empty');
  });

  test('refuses a path that leads out of the folder', async () => {
    const { code, message } = await refusal(filesAt(...complete, '../../model.onnx'));
    expect(code).toBe('model-corrupt');
    expect(message).toContain('../../model.onnx');
  });

  test('refuses two files with one path', async () => {
    const { code, message } = await refusal(filesAt(...complete, './config.json'));
    expect(code).toBe('model-corrupt');
    expect(message).toContain('config.json twice');
  });

  test('looks at 2,000 files, those of version control not counted', async () => {
    const other = Array.from({ length: maxImportedFiles - 3 }, (_, index) => `notes/${index}.txt`);
    const versions = Array.from({ length: 50 }, (_, index) => `.git/objects/${index}`);
    expect(await pathsOf(...complete, ...other, ...versions)).toHaveLength(3);
    const { code, message } = await refusal(filesAt(...complete, ...other, 'one-more.txt'));
    expect(code).toBe('model-unsupported');
    expect(message).toContain('2,000 files');
  });

  test('takes 8 GB of model files, whatever lies beside them', async () => {
    const sized = (path: string, bytes: number) => ({
      path,
      bytes,
      stream: () => new Blob(['{}']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>,
    });
    const small = [sized('config.json', 2), sized('tokenizer.json', 2)];
    const beside = sized('model.safetensors', maxImportedBytes);
    const fits = [...small, beside, sized('model.onnx', maxImportedBytes - 4)];
    expect((await pickModel(fits, 'x')).files).toHaveLength(3);
    await expect(pickModel([...fits, sized('onnx/a.onnx', 1)], 'x')).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringContaining('8.0 GB'),
    });
  });
});
