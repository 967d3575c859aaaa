import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Hub, HubOptions } from './serve-hub.mjs';
import { startHub } from './serve-hub.mjs';

const weights = randomBytes(700_001);
const config = '{"model_type":"bert"}';
const tokenizer = 'x'.repeat(10_000_000);
const card = '---\nlicense: mit\nlanguage:\n- en\n- zh\n---\nWords.\n';
const files: Readonly<Record<string, string | Uint8Array>> = {
  'README.md': card,
  'config.json': config,
  'tokenizer.json': tokenizer,
  'onnx/model.onnx': weights,
  'onnx/model.onnx_data': randomBytes(3),
  'onnx/a b#ü?.json': 'odd',
  'empty.txt': '',
};
const id = 'test/small';
const weightsPath = `/${id}/resolve/main/onnx/model.onnx`;
const configPath = `/${id}/resolve/main/config.json`;
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let hub: Hub;
const others: Hub[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'crossrank-hub-'));
  mkdirSync(path.join(folder, 'onnx'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), content);
  }
  hub = await startHub({ models: { [id]: folder } });
});

afterEach(async () => {
  hub.faults.clear();
  hub.clearRequests();
  for (const other of others.splice(0)) await other.close();
});

afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

async function startOther(options: Omit<HubOptions, 'models'>): Promise<Hub> {
  const other = await startHub({ models: { [id]: folder }, ...options });
  others.push(other);
  return other;
}

const get = (url: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(new URL(url, hub.url), { headers, ...init });
const head = (url: string) => get(url, {}, { method: 'HEAD', redirect: 'manual' });
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

/** Without a difference in words: that takes a second for these sizes. */
const expectBytes = (received: Uint8Array, expected: Uint8Array) =>
  expect(Buffer.compare(received, expected), `${received.length} bytes`).toBe(0);

/** The bytes that came before the connection ended, and whether it ended badly. */
async function readAll(response: Response): Promise<{ bytes: Buffer; failed: boolean }> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of response.body ?? []) pieces.push(piece);
  } catch {
    return { bytes: Buffer.concat(pieces), failed: true };
  }
  return { bytes: Buffer.concat(pieces), failed: false };
}

describe('a file', () => {
  it('comes whole, with its length, the hash Git has for it and the commit', async () => {
    const response = await get(configPath);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(config);
    expect(response.headers.get('content-length')).toBe(String(config.length));
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    const blob = `blob ${config.length}\0${config}`;
    expect(response.headers.get('etag')).toBe(`"${createHash('sha1').update(blob).digest('hex')}"`);
    expect(response.headers.get('x-repo-commit')).toMatch(/^[0-9a-f]{40}$/);
    expect(response.headers.get('x-linked-size')).toBeNull();
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('is found under a name with odd characters', async () => {
    const response = await get(`/${id}/resolve/main/onnx/${encodeURIComponent('a b#ü?.json')}`);
    expect(await response.text()).toBe('odd');
  });

  it('can be asked for by its commit, which stays the same while the files do', async () => {
    const commit = (await head(configPath)).headers.get('x-repo-commit') ?? '';
    const pinned = await get(configPath.replace('main', commit));
    expect(await pinned.text()).toBe(config);
    expect(pinned.headers.get('x-repo-commit')).toBe(commit);
    const other = await startOther({});
    const again = await fetch(other.url + configPath);
    expect(again.headers.get('x-repo-commit')).toBe(commit);
  });

  it('belongs to the commit that was set', async () => {
    const revision = 'a'.repeat(40);
    const other = await startOther({ revision });
    const response = await fetch(other.url + configPath.replace('main', revision));
    expect(await response.text()).toBe(config);
    expect(response.headers.get('x-repo-commit')).toBe(revision);
  });

  it('is served as it is now, when it was written while the hub runs', async () => {
    const name = path.join(folder, 'late.txt');
    writeFileSync(name, 'late');
    expect(await (await get(`/${id}/resolve/main/late.txt`)).text()).toBe('late');
    rmSync(name);
    expect((await get(`/${id}/resolve/main/late.txt`)).status).toBe(404);
  });

  it('may be empty', async () => {
    const response = await get(`/${id}/resolve/main/empty.txt`);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('a file of Git LFS', () => {
  it('is redirected to another origin, with size and SHA-256 in the first answer', async () => {
    const response = await head(weightsPath);
    expect(response.status).toBe(302);
    expect(response.headers.get('x-linked-size')).toBe(String(weights.length));
    expect(response.headers.get('x-linked-etag')).toBe(`"${sha256(weights)}"`);
    expect(response.headers.get('location')).toContain(`${hub.cdnUrl}/`);
    expect(new URL(hub.cdnUrl).origin).not.toBe(new URL(hub.url).origin);
  });

  it('comes from there whole, with its SHA-256 as ETag and no headers of the hub', async () => {
    const response = await get(weightsPath);
    expect(response.url).toContain(hub.cdnUrl);
    expectBytes(await bytesOf(response), weights);
    expect(response.headers.get('content-length')).toBe(String(weights.length));
    expect(response.headers.get('etag')).toBe(`"${sha256(weights)}"`);
    expect(response.headers.get('x-linked-size')).toBeNull();
    expect(response.headers.get('x-repo-commit')).toBeNull();
  });

  it.each([
    ['onnx/model.onnx_data', 302],
    ['tokenizer.json', 302],
    ['README.md', 200],
  ])('is known by its name or by 10 MB: %s', async (name, status) => {
    expect((await head(`/${id}/resolve/main/${name}`)).status).toBe(status);
  });

  it('is what the option names, too', async () => {
    const other = await startOther({ lfs: ['config.json'] });
    const response = await fetch(other.url + configPath);
    expect(response.url).toContain(other.cdnUrl);
    expect(response.headers.get('etag')).toBe(`"${sha256(config)}"`);
  });

  it('comes directly where redirects are off', async () => {
    const other = await startOther({ redirect: false });
    const response = await fetch(other.url + weightsPath, { redirect: 'error' });
    expect(response.headers.get('x-linked-size')).toBe(String(weights.length));
    expectBytes(await bytesOf(response), weights);
  });

  it('is refused by the second server without the address that the hub gave', async () => {
    expect((await fetch(hub.cdnUrl + weightsPath)).status).toBe(403);
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=700000-', 700_000, 700_001],
    ['bytes=5-99999999', 5, 700_001],
    ['bytes=-10', 699_991, 700_001],
  ])('%s is answered with that part', async (range, start, end) => {
    const response = await get(weightsPath, { Range: range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/700001`);
    expect(response.headers.get('content-length')).toBe(String(end - start));
    expectBytes(await bytesOf(response), weights.subarray(start, end));
  });

  it.each(['bytes=700001-', 'bytes=-0'])('%s outside the file is 416', async (range) => {
    const response = await get(weightsPath, { Range: range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */700001');
    expect(await response.text()).toBe('');
  });

  it.each(['bytes=0-1,4-5', 'pages=1-2', 'bytes=9-3', 'bytes=-'])(
    '%s is not understood, so everything comes',
    async (range) => {
      const response = await get(configPath, { Range: range });
      expect([response.status, await response.text()]).toEqual([200, config]);
    },
  );

  it('is answered with everything when If-Range names another version', async () => {
    const etag = (await head(configPath)).headers.get('etag') ?? '';
    const range = { Range: 'bytes=1-2' };
    expect((await get(configPath, { ...range, 'If-Range': etag })).status).toBe(206);
    expect((await get(configPath, { ...range, 'If-Range': '"old"' })).status).toBe(200);
  });
});

describe('other origins', () => {
  it('may read every answer and the headers that the hub shows', async () => {
    const origin = 'http://localhost:4173';
    for (const url of [configPath, weightsPath, '/no/such/resolve/main/a', '/api/models/no/such']) {
      const response = await get(url, { Origin: origin });
      expect(response.headers.get('access-control-allow-origin'), url).toBe(origin);
      const exposed = response.headers.get('access-control-expose-headers') ?? '';
      expect(exposed.split(','), url).toEqual(
        expect.arrayContaining(['ETag', 'Content-Range', 'X-Linked-Size', 'X-Error-Code', 'Link']),
      );
    }
  });

  it('may send Authorization and Range after a preflight', async () => {
    for (const url of [hub.url + weightsPath, hub.cdnUrl + weightsPath]) {
      const response = await fetch(url, {
        method: 'OPTIONS',
        headers: {
          Origin: 'http://localhost:4173',
          'Access-Control-Request-Method': 'GET',
          'Access-Control-Request-Headers': 'authorization,range',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:4173');
      expect(response.headers.get('access-control-allow-methods')).toContain('GET');
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization,range');
    }
  });
});

describe('what is not there', () => {
  it.each([
    ['/no/such/resolve/main/config.json', 401, 'RepoNotFound'],
    ['/api/models/no/such/revision/main', 401, 'RepoNotFound'],
    ['/api/models/constructor', 401, 'RepoNotFound'],
    [`/${id}/resolve/dev/config.json`, 404, 'RevisionNotFound'],
    [`/api/models/${id}/revision/dev`, 404, 'RevisionNotFound'],
    [`/${id}/resolve/main/no.json`, 404, 'EntryNotFound'],
    [`/${id}/resolve/main/..%2F..%2Fetc%2Fpasswd`, 404, 'EntryNotFound'],
    [`/api/models/${id}/tree/main/no`, 404, 'EntryNotFound'],
    ['/settings', 404, null],
    [`/${id}/resolve/main/%ff`, 400, null],
  ])('%s is refused with %i %s', async (url, status, code) => {
    const response = await get(url);
    expect(response.status).toBe(status);
    expect(response.headers.get('x-error-code')).toBe(code);
    expect(response.headers.get('x-error-message')).not.toBeNull();
    if (url.startsWith('/api/')) expect(await response.json()).toHaveProperty('error');
  });

  it('is 404 for somebody with a token', async () => {
    const response = await get('/no/such/resolve/main/a', { Authorization: 'Bearer any' });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-error-code')).toBe('RepoNotFound');
  });

  it('can not be written', async () => {
    expect((await get(configPath, {}, { method: 'PUT', body: 'a' })).status).toBe(405);
  });
});

describe('a gated repository', () => {
  it('gives its files to its token alone: 401 without one, 403 with another', async () => {
    const other = await startOther({ gated: { [id]: 'hf_right' } });
    const ask = (token: string | null) =>
      fetch(other.url + weightsPath, {
        headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      });
    const [none, wrong, right] = [await ask(null), await ask('hf_wrong'), await ask('hf_right')];
    expect([none.status, wrong.status, right.status]).toEqual([401, 403, 200]);
    expect(none.headers.get('x-error-code')).toBe('GatedRepo');
    expect(wrong.headers.get('x-error-code')).toBe('GatedRepo');
    expectBytes(await bytesOf(right), weights);
    // The token stays with the hub: fetch drops it on the way to another origin.
    expect(other.requests.map(({ host, authorization }) => [host, authorization])).toEqual([
      ['hub', false],
      ['hub', true],
      ['hub', true],
      ['cdn', false],
    ]);
  });

  it('is listed for everybody, and says that it is gated', async () => {
    const other = await startOther({ gated: { [id]: 'hf_right' } });
    const response = await fetch(`${other.url}/api/models/${id}/revision/main`);
    expect(await response.json()).toMatchObject({ gated: 'manual' });
  });
});

describe('the API', () => {
  it('describes a model by its card, its config and its files', async () => {
    const commit = (await head(configPath)).headers.get('x-repo-commit');
    const body = await (await get(`/api/models/${id}/revision/main`)).json();
    expect(body).toMatchObject({
      id,
      sha: commit,
      private: false,
      gated: false,
      pipeline_tag: 'text-classification',
      library_name: 'transformers.js',
      cardData: { license: 'mit', language: ['en', 'zh'] },
    });
    expect(body.tags).toEqual(expect.arrayContaining(['onnx', 'bert', 'license:mit', 'zh']));
    expect(body.siblings).toEqual(
      Object.keys(files)
        .toSorted()
        .map((name) => ({ rfilename: name })),
    );
    expect(await (await get(`/api/models/${id}`)).json()).toEqual(body);
  });

  it('adds sizes and hashes to the description on demand', async () => {
    const { siblings } = await (await get(`/api/models/${id}/revision/main?blobs=true`)).json();
    expect(siblings).toContainEqual({
      rfilename: 'onnx/model.onnx',
      blobId: expect.stringMatching(/^[0-9a-f]{40}$/),
      size: weights.length,
      lfs: { sha256: sha256(weights), size: weights.length, pointerSize: 131 },
    });
  });

  it('lists files and folders with sizes and hashes', async () => {
    const tree = await (await get(`/api/models/${id}/tree/main?recursive=true`)).json();
    expect(tree).toHaveLength(Object.keys(files).length + 1);
    expect(tree).toContainEqual({
      type: 'directory',
      oid: expect.stringMatching(/^[0-9a-f]{40}$/),
      size: 0,
      path: 'onnx',
    });
    const etag = (await head(configPath)).headers.get('etag') ?? '';
    expect(tree).toContainEqual({
      type: 'file',
      oid: etag.slice(1, -1),
      size: config.length,
      path: 'config.json',
    });
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(weights)}\nsize ${weights.length}\n`;
    expect(tree).toContainEqual({
      type: 'file',
      oid: createHash('sha1').update(`blob ${pointer.length}\0${pointer}`).digest('hex'),
      size: weights.length,
      path: 'onnx/model.onnx',
      lfs: { oid: sha256(weights), size: weights.length, pointerSize: pointer.length },
    });
  });

  it('lists one folder alone', async () => {
    const paths = async (url: string) =>
      ((await (await get(url)).json()) as { path: string }[]).map((entry) => entry.path);
    const root = await paths(`/api/models/${id}/tree/main`);
    expect(root).toContain('onnx');
    expect(root).not.toContain('onnx/model.onnx');
    expect(await paths(`/api/models/${id}/tree/main/onnx`)).toContain('onnx/model.onnx');
  });

  it('lists page by page, the next one named in Link', async () => {
    const all = await (await get(`/api/models/${id}/tree/main?recursive=true`)).json();
    const paged: unknown[] = [];
    let url: string | undefined = `${hub.url}/api/models/${id}/tree/main?recursive=true&limit=3`;
    const lengths: number[] = [];
    while (url !== undefined) {
      const response: Response = await fetch(url);
      const page = await response.json();
      paged.push(...page);
      lengths.push(page.length);
      url = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(lengths).toEqual([3, 3, 2]);
    expect(paged).toEqual(all);
  });

  it('can be off, as on a simple mirror', async () => {
    const other = await startOther({ api: false });
    expect((await fetch(`${other.url}/api/models/${id}/revision/main`)).status).toBe(404);
    expect((await fetch(other.url + configPath)).status).toBe(200);
  });
});

describe('a fault', () => {
  const half = weights.length >> 1;

  it('cut: the connection ends after so many bytes; the rest can be asked for', async () => {
    hub.faults.add({ match: 'model.onnx', times: 1, kind: 'cut', afterBytes: 300_000 });
    const first = await get(weightsPath);
    expect(first.headers.get('content-length')).toBe(String(weights.length));
    const { bytes, failed } = await readAll(first);
    expect(failed).toBe(true);
    expectBytes(bytes, weights.subarray(0, 300_000));
    const rest = await get(weightsPath, { Range: 'bytes=300000-' });
    expectBytes(Buffer.concat([bytes, await bytesOf(rest)]), weights);
    expect(hub.requests.filter(({ host }) => host === 'cdn')).toMatchObject([
      { status: 200, sentBytes: 300_000, range: null },
      { status: 206, sentBytes: 400_001, range: 'bytes=300000-' },
    ]);
  });

  it('cut: after the headers, when no byte may come', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'cut', afterBytes: 0 });
    const response = await get(weightsPath);
    expect(response.status).toBe(200);
    expect(await readAll(response)).toEqual({ bytes: Buffer.alloc(0), failed: true });
  });

  it('stall: sends so many bytes, then nothing until the client leaves', async () => {
    hub.faults.add({ match: /\.onnx$/, kind: 'stall', afterBytes: 1000 });
    const leaving = new AbortController();
    const response = await get(weightsPath, {}, { signal: leaving.signal });
    const reader = response.body?.getReader();
    let received = 0;
    while (received < 1000) received += (await reader?.read())?.value?.length ?? 1000;
    expect(received).toBe(1000);
    expect(hub.openResponses).toBe(1);
    leaving.abort();
    await expect(reader?.read()).rejects.toThrow();
    await expect.poll(() => hub.openResponses).toBe(0);
    expect(hub.requests.at(-1)).toMatchObject({ host: 'cdn', status: 200, sentBytes: 1000 });
  });

  it('slow: bytes come in small pieces, and no more when the client has left', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'slow', bytesPerSecond: 2000 });
    const response = await get(weightsPath);
    const reader = response.body?.getReader();
    const first = (await reader?.read())?.value ?? new Uint8Array();
    expect(first.length).toBeGreaterThan(0);
    await reader?.cancel();
    await expect.poll(() => hub.openResponses).toBe(0);
    expect(hub.requests.at(-1)?.sentBytes).toBeLessThan(weights.length / 2);
  });

  it('slow: what is small enough comes whole, after its time', async () => {
    hub.faults.add({ match: 'README', kind: 'slow', bytesPerSecond: card.length * 5 });
    const start = performance.now();
    expect(await (await get(`/${id}/resolve/main/README.md`)).text()).toBe(card);
    // A fifth of a second, less what timers round.
    expect(performance.now() - start).toBeGreaterThan(150);
  });

  it('wrong-bytes: one byte in the middle differs, wherever the range begins', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'wrong-bytes' });
    const response = await get(weightsPath);
    expect(response.headers.get('etag')).toBe(`"${sha256(weights)}"`);
    const wrong = Buffer.from(weights);
    wrong[half] = (weights[half] ?? 0) ^ 0xff;
    expectBytes(await bytesOf(response), wrong);
    const part = await get(weightsPath, { Range: `bytes=${half - 1}-${half + 1}` });
    expectBytes(await bytesOf(part), wrong.subarray(half - 1, half + 2));
  });

  it('short: half of the file, and every length agrees', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'short' });
    const response = await get(weightsPath);
    expect(response.headers.get('content-length')).toBe(String(half));
    const { bytes, failed } = await readAll(response);
    expect(failed).toBe(false);
    expectBytes(bytes, weights.subarray(0, half));
    expect((await get(weightsPath, { Range: `bytes=${half}-` })).status).toBe(416);
    const part = await get(weightsPath, { Range: 'bytes=0-1' });
    expect(part.headers.get('content-range')).toBe(`bytes 0-1/${half}`);
  });

  it('status: the one that was asked for, so often, with its headers', async () => {
    hub.faults.add({
      match: configPath,
      times: 2,
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '1' },
      body: 'Slow down',
    });
    const first = await get(configPath);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await first.text()).toBe('Slow down');
    expect(first.headers.get('access-control-allow-origin')).not.toBeNull();
    expect((await head(configPath)).status).toBe(429);
    expect((await get(configPath)).status).toBe(200);
  });

  it('status: of one host alone', async () => {
    hub.faults.add({ match: 'model.onnx', host: 'cdn', kind: 'status', status: 503 });
    expect((await head(weightsPath)).status).toBe(302);
    expect((await get(weightsPath)).status).toBe(503);
  });

  it('html: a page with 200', async () => {
    hub.faults.add({ match: '/api/', kind: 'html' });
    const response = await get(`/api/models/${id}/revision/main`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('<!doctype html>');
  });

  it('no-range: everything with 200', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'no-range' });
    const response = await get(weightsPath, { Range: 'bytes=5-9' });
    expect(response.status).toBe(200);
    expect(response.headers.get('accept-ranges')).toBeNull();
    expectBytes(await bytesOf(response), weights);
  });

  it('no-length: the bytes come without Content-Length', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'no-length' });
    const response = await get(weightsPath);
    expect(response.headers.get('content-length')).toBeNull();
    expectBytes(await bytesOf(response), weights);
  });

  it('redirect-loop: to itself, for ever', async () => {
    hub.faults.add({ match: 'config.json', kind: 'redirect-loop' });
    await expect(get(configPath)).rejects.toThrow();
    expect(hub.requests.length).toBeGreaterThan(10);
  });

  it('changed: other bytes, hashes and commit on both hosts and in the API', async () => {
    const before = await head(weightsPath);
    const remove = hub.faults.add({ match: 'onnx/model.onnx', kind: 'changed' });
    const changed = Buffer.from(weights.map((byte) => byte ^ 0xff));
    const after = await head(weightsPath);
    expect(after.headers.get('x-linked-etag')).toBe(`"${sha256(changed)}"`);
    const commit = after.headers.get('x-repo-commit') ?? '';
    expect(commit).not.toBe(before.headers.get('x-repo-commit'));
    for (const revision of ['main', commit]) {
      const response = await get(weightsPath.replace('main', revision));
      expect(response.headers.get('etag')).toBe(`"${sha256(changed)}"`);
      expectBytes(await bytesOf(response), changed);
    }
    const tree = await (await get(`/api/models/${id}/tree/${commit}/onnx`)).json();
    expect(tree).toContainEqual(
      expect.objectContaining({ lfs: expect.objectContaining({ oid: sha256(changed) }) }),
    );
    remove();
    expect((await head(weightsPath)).headers.get('etag')).toBe(before.headers.get('etag'));
  });

  it('changed: to a text, and of the branch alone: the old commit keeps its files', async () => {
    const old = (await head(configPath)).headers.get('x-repo-commit') ?? '';
    hub.faults.add({ match: /resolve\/main\/config/, kind: 'changed', content: '{}' });
    const newest = await get(configPath);
    const commit = newest.headers.get('x-repo-commit') ?? '';
    expect(await newest.text()).toBe('{}');
    expect(await (await get(configPath.replace('main', commit))).text()).toBe('{}');
    expect(await (await get(configPath.replace('main', old))).text()).toBe(config);
  });

  it('can be removed', async () => {
    const remove = hub.faults.add({ match: '', kind: 'status', status: 500 });
    expect((await get(configPath)).status).toBe(500);
    remove();
    expect((await get(configPath)).status).toBe(200);
  });

  it('spoils bytes as often as it says: redirects and HEAD do not count', async () => {
    hub.faults.add({ match: 'model.onnx', times: 1, kind: 'no-range' });
    await get(weightsPath, {}, { method: 'HEAD' });
    expect((await bytesOf(await get(weightsPath, { Range: 'bytes=0-0' }))).length).toBe(700_001);
    expect((await bytesOf(await get(weightsPath, { Range: 'bytes=0-0' }))).length).toBe(1);
  });

  it('goes together with another one', async () => {
    hub.faults.add({ match: 'model.onnx', kind: 'no-range' });
    hub.faults.add({ match: 'model.onnx', kind: 'cut', afterBytes: 10 });
    const response = await get(weightsPath, { Range: 'bytes=50-' });
    expect(response.status).toBe(200);
    expect(await readAll(response)).toEqual({ bytes: weights.subarray(0, 10), failed: true });
  });
});

describe('the hub', () => {
  it('remembers what was asked of which host', async () => {
    await bytesOf(await get(`${weightsPath}?download=true`, { Authorization: 'Bearer t' }));
    expect(hub.requests).toMatchObject([
      {
        method: 'GET',
        host: 'hub',
        path: weightsPath,
        query: '?download=true',
        range: null,
        authorization: true,
        status: 302,
        sentBytes: 0,
      },
      { host: 'cdn', path: weightsPath, authorization: false, status: 200, sentBytes: 700_001 },
    ]);
    hub.clearRequests();
    expect(hub.requests).toEqual([]);
  });

  it('ends open answers when it is closed', async () => {
    const other = await startHub({ models: { [id]: folder } });
    other.faults.add({ match: '', kind: 'stall', afterBytes: 1 });
    const response = await fetch(other.url + configPath);
    await other.close();
    expect((await readAll(response)).failed).toBe(true);
    await expect(fetch(other.url + configPath)).rejects.toThrow();
  });

  it('does not start with a folder that is not there, or on a port that is taken', async () => {
    await expect(startHub({ models: { [id]: path.join(folder, 'none') } })).rejects.toThrow('none');
    const port = Number(new URL(hub.url).port);
    await expect(startHub({ models: {}, port })).rejects.toThrow('EADDRINUSE');
  });
});

describe('the command line', () => {
  const program = fileURLToPath(new URL('serve-hub.mjs', import.meta.url));

  it('serves folders and prints the address to paste', async () => {
    const child = spawn(process.execPath, [program, '--model', `${id}=${folder}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
      const [url = ''] = /http:\/\/localhost:\d+/.exec(String(line)) ?? [];
      expect(await (await fetch(url + configPath)).text()).toBe(
        readFileSync(path.join(folder, 'config.json'), 'utf8'),
      );
    } finally {
      child.kill();
    }
  });

  it('explains itself, and says what is wrong with its options', () => {
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [program, ...args], { encoding: 'utf8', stdio: 'pipe' });
    expect(run('--help')).toContain('--slow BYTES_PER_SECOND');
    expect(() => run()).toThrow('At least one --model');
    expect(() => run('--model', 'a=b')).toThrow('OWNER/NAME=FOLDER');
    expect(() => run('--model', 'a/b=c', '--slow', '0')).toThrow('--slow is a whole number');
  });
});
