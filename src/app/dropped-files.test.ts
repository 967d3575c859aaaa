import { describe, expect, test } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { maxImportedFiles } from '../models/model-folder.ts';
import {
  type DropLimits,
  type DroppedEntry,
  type DroppedModel,
  type DroppedTransfer,
  readAllDroppedFiles,
  readAllPickedFiles,
  readDroppedFiles,
  readPickedFiles,
} from './dropped-files.ts';

type Tree = { readonly [name: string]: Tree | string };

/** Entries as Chrome has them: a folder gives at most 100 at a time, then none. */
function entryOf(name: string, content: Tree | string, parent = ''): DroppedEntry {
  const fullPath = `${parent}/${name}`;
  if (typeof content === 'string') {
    return { name, fullPath, file: (taken) => taken(new File([content], name)) };
  }
  return {
    name,
    fullPath,
    createReader: () => {
      const left = Object.entries(content).map(([inner, value]) => entryOf(inner, value, fullPath));
      return { readEntries: (taken) => taken(left.splice(0, 100)) };
    },
  };
}

function transferOf(...entries: readonly DroppedEntry[]): DroppedTransfer {
  const items = entries.map((entry) => ({
    kind: 'file',
    getAsFile: () => null,
    webkitGetAsEntry: () => entry,
  }));
  return { items };
}

function dropOf(tree: Tree): DroppedTransfer {
  return transferOf(...Object.entries(tree).map(([name, content]) => entryOf(name, content)));
}

function pathsOf(dropped: DroppedModel): string[] {
  return dropped.kind === 'folder' ? dropped.files.map(({ path }) => path) : [];
}

/** A file as an input with `webkitdirectory` gives it. */
function pickedFile(path: string): File {
  const file = new File([path], path.slice(path.lastIndexOf('/') + 1));
  const relative = path.includes('/') ? path : '';
  return Object.defineProperty(file, 'webkitRelativePath', { value: relative });
}

const model: Tree = { 'config.json': '{}', onnx: { 'model.onnx': 'weights' } };

describe('readDroppedFiles', () => {
  test('lists a folder with the folders in it', async () => {
    const dropped = await readDroppedFiles(dropOf({ mine: { ...model, '.git': { config: '' } } }));
    expect(dropped).toMatchObject({ kind: 'folder', name: 'mine' });
    expect(pathsOf(dropped)).toEqual(['mine/config.json', 'mine/onnx/model.onnx']);
    const [, weights] = dropped.kind === 'folder' ? dropped.files : [];
    expect(await weights?.blob.text()).toBe('weights');
  });

  test('lists folders whose entries come in portions', async () => {
    const many = Object.fromEntries(Array.from({ length: 450 }, (_, index) => [`${index}`, '']));
    expect(pathsOf(await readDroppedFiles(dropOf({ many })))).toHaveLength(450);
  });

  test('takes loose files, and folders beside them', async () => {
    const dropped = await readDroppedFiles(dropOf(model));
    expect(dropped).toMatchObject({ kind: 'folder', name: 'model' });
    expect(pathsOf(dropped)).toEqual(['config.json', 'onnx/model.onnx']);
  });

  test.each(['m.zip', 'M.ZIP', 'm.tar.gz', 'm.7z'])('knows the archive %s', async (name) => {
    const dropped = await readDroppedFiles(dropOf({ [name]: 'PK' }));
    expect(dropped).toMatchObject({ kind: 'archive', name });
    expect(dropped.kind === 'archive' && (await dropped.blob.text())).toBe('PK');
  });

  test('a folder with an archive in it is a folder, and so is one other file', async () => {
    expect((await readDroppedFiles(dropOf({ mine: { 'a.zip': '' } }))).kind).toBe('folder');
    expect((await readDroppedFiles(dropOf({ 'model.onnx': '' }))).kind).toBe('folder');
  });

  test('takes files where the browser knows no folders', async () => {
    const items = [{ kind: 'file', getAsFile: () => new File(['PK'], 'a.zip') }];
    expect(await readDroppedFiles({ items })).toMatchObject({ kind: 'archive', name: 'a.zip' });
  });

  test('finds nothing in dropped text', async () => {
    const items = [{ kind: 'string', getAsFile: () => null, webkitGetAsEntry: () => null }];
    expect(await readDroppedFiles({ items })).toEqual({ kind: 'none' });
    expect(await readDroppedFiles(dropOf({ empty: {} }))).toEqual({ kind: 'none' });
  });

  test('takes all entries before the event is over', async () => {
    const first = entryOf('a', { x: '' });
    const second = entryOf('b', { y: '' });
    let over = false;
    const items = [first, second].map((entry) => ({
      kind: 'file',
      getAsFile: () => null,
      webkitGetAsEntry: () => (over ? null : entry),
    }));
    const reading = readDroppedFiles({ items });
    over = true;
    expect(pathsOf(await reading)).toEqual(['a/x', 'b/y']);
  });

  test('refuses more than 2,000 files', async () => {
    const names = Array.from({ length: maxImportedFiles }, (_, index) => [`${index}`, '']);
    const many = Object.fromEntries(names);
    expect(pathsOf(await readDroppedFiles(dropOf({ many })))).toHaveLength(maxImportedFiles);
    await expect(readDroppedFiles(dropOf({ many: { ...many, more: '' } }))).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringContaining('many holds more than 2,000 files'),
    });
  });

  test('refuses folders without end', async () => {
    const endless: DroppedEntry = {
      name: 'loop',
      fullPath: '/loop',
      createReader: () => {
        let given = false;
        return {
          readEntries: (taken) => {
            taken(given ? [] : [endless]);
            given = true;
          },
        };
      },
    };
    await expect(readDroppedFiles(transferOf(endless))).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringContaining('folders inside each other'),
    });
  });

  test('refuses a folder that never ends', async () => {
    const noise = Array.from({ length: 100 }, (_, index) => entryOf(`._${index}`, '', '/many'));
    const folder: DroppedEntry = {
      name: 'many',
      fullPath: '/many',
      createReader: () => ({ readEntries: (taken) => setTimeout(taken, 0, noise) }),
    };
    await expect(readDroppedFiles(transferOf(folder))).rejects.toMatchObject({
      code: 'model-unsupported',
    });
  });

  test('names the file that cannot be read', async () => {
    const failure = new DOMException('gone', 'NotFoundError');
    const file: DroppedEntry = {
      name: 'model.onnx',
      fullPath: '/model.onnx',
      file: (_, failed) => failed?.(failure),
    };
    const folder: DroppedEntry = {
      name: 'mine',
      fullPath: '/mine',
      createReader: () => ({ readEntries: (_, failed) => failed?.(failure) }),
    };
    for (const entry of [file, folder]) {
      await expect(readDroppedFiles(transferOf(entry))).rejects.toMatchObject({
        code: 'access-denied',
        message: expect.stringContaining(`${entry.name} cannot be read (NotFoundError)`),
        cause: failure,
      });
    }
  });

  test('stops at an abort', async () => {
    const controller = new AbortController();
    const reading = readDroppedFiles(dropOf({ mine: model }), { signal: controller.signal });
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('readPickedFiles', () => {
  test('keeps the paths of a picked folder', async () => {
    const picked = await readPickedFiles(
      ['mine/config.json', 'mine/onnx/model.onnx', 'mine/.git/config'].map(pickedFile),
    );
    expect(picked).toMatchObject({ kind: 'folder', name: 'mine' });
    expect(pathsOf(picked)).toEqual(['mine/config.json', 'mine/onnx/model.onnx']);
  });

  test('knows an archive, loose files, and nothing', async () => {
    expect(await readPickedFiles([pickedFile('a.zip')])).toMatchObject({
      kind: 'archive',
      name: 'a.zip',
    });
    const loose = await readPickedFiles([pickedFile('config.json'), pickedFile('model.onnx')]);
    expect(loose).toMatchObject({ kind: 'folder', name: 'model' });
    expect(await readPickedFiles([])).toEqual({ kind: 'none' });
  });

  test('refuses more than 2,000 files', async () => {
    const paths = Array.from({ length: maxImportedFiles + 1 }, (_, index) => `all/${index}`);
    await expect(readPickedFiles(paths.map(pickedFile))).rejects.toThrow(
      'all holds more than 2,000',
    );
  });
});

describe('files of any kind', () => {
  const limits: DropLimits = {
    looseName: 'the files',
    maxFiles: 3,
    tooManyFiles: (name) => new RerankError('too-large', `${name}: too many`),
    tooDeep: (name) => new RerankError('too-large', `${name}: too deep`),
  };

  test('are listed with their paths, archives and folders alike', async () => {
    const tree = { 'a.zip': 'PK', scifact: { 'corpus.jsonl': '', qrels: { 'test.tsv': '' } } };
    const dropped = await readAllDroppedFiles(dropOf(tree), limits);
    expect(dropped.map(({ path }) => path)).toEqual([
      'a.zip',
      'scifact/corpus.jsonl',
      'scifact/qrels/test.tsv',
    ]);
    const picked = await readAllPickedFiles(['a.zip', 'b/.DS_Store'].map(pickedFile), limits);
    expect(picked.map(({ path }) => path)).toEqual(['a.zip']);
  });

  test('are refused by limits of their own', async () => {
    const four = { a: '', b: '', c: '', d: '' };
    await expect(readAllDroppedFiles(dropOf(four), limits)).rejects.toThrow('the files: too many');
    await expect(readAllDroppedFiles(dropOf({ four }), limits)).rejects.toThrow('four: too many');
    const picked = Object.keys(four).map(pickedFile);
    await expect(readAllPickedFiles(picked, limits)).rejects.toThrow('the files: too many');
    let deep: Tree = { 'a.txt': '' };
    for (let depth = 0; depth < 20; depth += 1) deep = { folder: deep };
    await expect(readAllDroppedFiles(dropOf(deep), limits)).rejects.toThrow('folder: too deep');
  });

  test('are not read on after an abort', async () => {
    const reading = readAllDroppedFiles(dropOf(model), limits, AbortSignal.abort());
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });
});
