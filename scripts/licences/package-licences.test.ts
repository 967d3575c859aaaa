import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { licencesOf, packageNameOf, permittedLicences } from './package-licences.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const installed = join(root, 'node_modules');
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test('every package that the app depends on has a permitted licence and its text', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const licences = licencesOf(Object.keys(dependencies), installed);
  expect(licences.map(({ name }) => name)).toEqual(
    [...Object.keys(dependencies), 'onnxruntime-common'].toSorted(),
  );
  for (const { name, version, licence, text } of licences) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
    expect(permittedLicences.has(licence), name).toBe(true);
    expect(text, name).toMatch(/copyright|permission to use/i);
  }
});

test('what is compiled into ONNX Runtime is named, with the notices of that very build', () => {
  const [runtime] = licencesOf(['onnxruntime-web'], installed).filter(
    ({ name }) => name === 'onnxruntime-web',
  );
  const commit = readFileSync(join(installed, 'onnxruntime-web/__commit.txt'), 'utf8').trim();
  expect(runtime?.text).toContain('Copyright (c) Microsoft Corporation');
  expect(runtime?.text).toContain(`${commit}/ThirdPartyNotices.txt`);
  expect(runtime?.text).toContain('Eigen, MPL-2.0');
});

test('the package of a module is read from its path', () => {
  expect(packageNameOf('/app/node_modules/react/index.js')).toBe('react');
  expect(packageNameOf('/app/node_modules/@zip.js/zip.js/lib/core.js')).toBe('@zip.js/zip.js');
  expect(packageNameOf('/app/node_modules/a/node_modules/b/x.wasm?url')).toBe('b');
  expect(packageNameOf('C:\\app\\node_modules\\idb\\build\\index.js')).toBe('idb');
  expect(packageNameOf('/app/src/ui/main.tsx')).toBeNull();
  expect(packageNameOf('\0vite/preload-helper.js')).toBeNull();
});

test('a licence that asks for more than a notice is refused, and so is one without a text', () => {
  const text = `Copyright (c) Somebody. ${'Permission is granted. '.repeat(20)}`;
  const folder = install({ name: 'strict', licence: 'GPL-3.0-only', text });
  expect(() => licencesOf(['strict'], folder)).toThrow(/strict is part of the page under "GPL-3/);
  const silent = install({ name: 'silent', licence: 'MIT', text: null });
  expect(() => licencesOf(['silent'], silent)).toThrow(/silent .* brings no licence text/);
  expect(() => licencesOf(['absent'], silent)).toThrow(/absent .* not installed/);
  const good = install({ name: 'good', licence: 'MIT', text });
  expect(licencesOf(['good'], good)).toEqual([
    { name: 'good', version: '1.2.3', licence: 'MIT', text: text.trim() },
  ]);
});

function install(one: { name: string; licence: string; text: string | null }): string {
  const folder = mkdtempSync(join(tmpdir(), 'crossrank-licences-'));
  folders.push(folder);
  mkdirSync(join(folder, one.name));
  const description = { name: one.name, version: '1.2.3', license: one.licence };
  writeFileSync(join(folder, one.name, 'package.json'), JSON.stringify(description));
  if (one.text !== null) writeFileSync(join(folder, one.name, 'LICENSE'), one.text);
  return folder;
}
