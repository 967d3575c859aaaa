import { describe, expect, test } from 'vitest';
import { type BuiltFile, filesFor, pageOf, shellOf } from './built-files.ts';

function fileOf(url: string): BuiltFile {
  return { url, revision: null, integrity: '', bytes: 1 };
}

const files = [
  'assets/ort-wasm-simd-threaded-4byDm7i3.wasm',
  'assets/ort-wasm-simd-threaded.asyncify-CxOG5pUO.wasm',
  'assets/ort-wasm-simd-threaded.jspi-CP6SXO_B.wasm',
  'assets/ort-wasm-simd-threaded.jspi-BoEwGRw5.mjs',
  'models/tiny/model.onnx',
  'assets/page-DtbSg2re.js',
  'assets/page-YomI-8lQ.css',
  'assets/ModelsView-DK0G2pI-.js',
  'icon.svg',
  'index.html',
].map(fileOf);

const urlsOf = (list: readonly BuiltFile[]) => list.map(({ url }) => url);

describe('the files that a browser needs', () => {
  test('of the builds for WebGPU it is the one that it uses', () => {
    const wasm = (gpu: 'suspending' | 'asyncify' | 'none') =>
      urlsOf(filesFor(files, gpu)).filter((url) => url.endsWith('.wasm'));
    const [cpu = '', asyncify = '', suspending = ''] = urlsOf(files);
    expect(wasm('none')).toEqual([cpu]);
    expect(wasm('asyncify')).toEqual([cpu, asyncify]);
    expect(wasm('suspending')).toEqual([cpu, suspending]);
  });

  test('begin with the page and its scripts and end with what is big', () => {
    const kinds = urlsOf(filesFor(files, 'suspending')).map((url) => url.replace(/.*\./, ''));
    expect(kinds).toEqual(['html', 'mjs', 'js', 'css', 'js', 'onnx', 'svg', 'wasm', 'wasm']);
  });
});

describe('the shell', () => {
  const shell = ['assets/page-DtbSg2re.js', 'assets/page-YomI-8lQ.css', 'icon.svg'];

  test.each(['./', '/', '/some/path/'])('is what a page with the base %s names', (base) => {
    const html = `<link href="${base}icon.svg"><script src="${base}assets/page-DtbSg2re.js"></script>
      <link rel="stylesheet" href="${base}assets/page-YomI-8lQ.css"><a href="#models">`;
    expect(urlsOf(shellOf(files, html))).toEqual(shell);
  });
});

test('a list without a page is refused', () => {
  expect(pageOf(files).url).toBe('index.html');
  expect(() => pageOf([fileOf('icon.svg')])).toThrow('no page');
});
