import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

interface ListedFile {
  url: string;
  revision: string | null;
  integrity: string;
  bytes: number;
}

/**
 * A later build, made from one: it has another version, and every script of it another name, as
 * after any change. Returns its folder, which the caller removes.
 */
export function makeNextBuild(folder: string): string {
  const next = mkdtempSync(path.join(os.tmpdir(), 'crossrank-next-'));
  cpSync(folder, next, { recursive: true });
  const assets = path.join(next, 'assets');
  const names = readdirSync(assets).filter((name) => /\.(?:js|css)$/.test(name));
  const renamed = new Map(names.map((name) => [name, name.replace(/(?=\.\w+$)/, 'Z')]));
  for (const [name, after] of renamed)
    renameSync(path.join(assets, name), path.join(assets, after));
  const texts = [...renamed.values()].map((name) => `assets/${name}`);
  for (const url of [...texts, 'index.html']) {
    const file = path.join(next, url);
    let text = readFileSync(file, 'utf8');
    for (const [name, after] of renamed) text = text.replaceAll(name, after);
    writeFileSync(file, text);
  }
  const version = createHash('sha256').update(next).digest('hex').slice(0, 16);
  const page = path.join(next, 'index.html');
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(/(name="version" content=")\w+/, `$1${version}`),
  );
  listAgain(next, renamed, version);
  return next;
}

/** The version that the page of a build names. */
export function versionOf(folder: string): string {
  const html = readFileSync(path.join(folder, 'index.html'), 'utf8');
  return /name="version" content="(\w+)"/.exec(html)?.[1] ?? '';
}

export function removeBuild(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The service worker carries the list of all files with their hashes. */
function listAgain(folder: string, renamed: ReadonlyMap<string, string>, version: string): void {
  const file = path.join(folder, 'service-worker.js');
  const script = readFileSync(file, 'utf8');
  const [list = '[]'] = /\[\{"bytes".*?\}\]/.exec(script) ?? [];
  const listed: ListedFile[] = JSON.parse(list);
  for (const one of listed) {
    const name = one.url.replace(/^assets\//, '');
    one.url = renamed.has(name) ? `assets/${renamed.get(name)}` : one.url;
    const content = readFileSync(path.join(folder, one.url));
    one.bytes = content.length;
    one.integrity = `sha256-${createHash('sha256').update(content).digest('base64')}`;
    if (one.url === 'index.html') one.revision = version;
  }
  writeFileSync(file, script.replace(list, JSON.stringify(listed)));
}
