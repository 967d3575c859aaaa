import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { openRepository } from './hub.ts';
import { probeFiles, readRepositoryText } from './hub-files.ts';
import { readRetryAfter } from './hub-request.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const id = 'owner/name';
const commit = '0123456789abcdef0123456789abcdef01234567';
const sha256 = 'ab'.repeat(32);
const infoPath = `/api/models/${id}/revision/main`;
const treePath = `/api/models/${id}/tree/${commit}?recursive=true`;
const info = {
  sha: commit,
  gated: false,
  tags: ['onnx', 'license:mit'],
  cardData: { license: 'apache-2.0', language: ['en', 'zh'] },
};
const tree = [
  { type: 'directory', path: 'onnx', oid: 'x', size: 0 },
  { type: 'file', path: 'config.json', oid: 'y', size: 700 },
  {
    type: 'file',
    path: 'onnx/model.onnx',
    oid: 'z',
    size: 1000,
    lfs: { oid: sha256, size: 1000, pointerSize: 130 },
  },
];

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    if (server.listening) await once(server, 'close');
  }
});

describe('openRepository', () => {
  it('tells commit, licence, languages and files', async () => {
    const { host } = await serve({ [infoPath]: json(info), [treePath]: json(tree) });
    expect(await openRepository({ host: `${host}/`, id: ` ${id}`, revision: 'main' })).toEqual({
      host,
      id,
      revision: commit,
      listed: true,
      licence: 'apache-2.0',
      languages: ['en', 'zh'],
      gated: false,
      files: [
        { path: 'config.json', bytes: 700, sha256: null },
        { path: 'onnx/model.onnx', bytes: 1000, sha256 },
      ],
    });
  });

  it('follows the pages of a long list, and stays at the host that was asked', async () => {
    const next = `<https://elsewhere.example${treePath}&cursor=p%3D2>; rel="next"`;
    const { host, asked } = await serve({
      [infoPath]: json(info),
      [treePath]: json(tree.slice(0, 2), { Link: next }),
      [`${treePath}&cursor=p%3D2`]: json(tree.slice(2)),
    });
    const { files } = await openRepository({ host, id, revision: 'main' });
    expect(files.map(({ path }) => path)).toEqual(['config.json', 'onnx/model.onnx']);
    expect(asked).toHaveLength(3);
  });

  it('reads cards as odd as people write them', async () => {
    const odd = { ...info, cardData: { license: ['mit', 'other'], language: 'en' }, gated: 'auto' };
    const { host } = await serve({ [infoPath]: json(odd), [treePath]: json(tree) });
    const repository = await openRepository({ host, id, revision: 'main' });
    expect(repository).toMatchObject({ licence: 'mit', languages: ['en'], gated: true });
  });

  it('takes the licence from the tags where there is no card', async () => {
    const odd = { sha: commit, tags: info.tags, cardData: { license: 5 } };
    const { host } = await serve({ [infoPath]: json(odd), [treePath]: json(tree) });
    const repository = await openRepository({ host, id, revision: 'main' });
    expect(repository).toMatchObject({ licence: 'mit', languages: [] });
  });

  it('leaves out files whose path leads out of the folder', async () => {
    const evil = [...tree, { type: 'file', path: '../../x.onnx', size: 3 }];
    const { host } = await serve({ [infoPath]: json(info), [treePath]: json(evil) });
    const { files } = await openRepository({ host, id, revision: 'main' });
    expect(files).toHaveLength(2);
  });

  it('sends the token to the host', async () => {
    const { host, asked } = await serve({ [infoPath]: json(info), [treePath]: json(tree) });
    await openRepository({ host, id, revision: 'main' }, { token: 'hf_x' });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer hf_x',
      'Bearer hf_x',
    ]);
  });

  it.each<[string, Answer]>([
    ['404 with a page', statusOf(404)],
    ['403 with a page', statusOf(403)],
    ['a page with 200', (response) => response.end('<!doctype html><title>Hi</title>')],
    ['JSON of another kind', json(['nothing'])],
    ['no answer at all', (response) => response.destroy()],
    ['503', statusOf(503)],
  ])('takes a host for a plain mirror when its API gives %s', async (_, answer) => {
    const { host } = await serve({ [infoPath]: answer });
    expect(await openRepository({ host, id, revision: 'main' }, noPause)).toEqual({
      host,
      id,
      revision: 'main',
      listed: false,
      licence: null,
      languages: [],
      gated: false,
      files: [],
    });
  });

  it('keeps the commit when only the list of files is missing', async () => {
    const { host } = await serve({ [infoPath]: json(info) });
    const repository = await openRepository({ host, id, revision: 'main' });
    expect(repository).toMatchObject({ listed: false, revision: commit, licence: 'apache-2.0' });
  });

  it.each<[number, string, RerankErrorCode]>([
    [401, 'RepoNotFound', 'access-denied'],
    [403, 'GatedRepo', 'access-denied'],
    [404, 'RevisionNotFound', 'model-not-found'],
  ])('believes the hub when it says %i itself (%s)', async (status, errorCode, code) => {
    const { host } = await serve({
      [infoPath]: json(
        { error: 'Nope' },
        { 'X-Error-Code': errorCode, 'X-Error-Message': 'Nope' },
        status,
      ),
    });
    const error = await rejection(openRepository({ host, id, revision: 'main' }), code);
    expect(error.message).toContain(id);
    expect(error.message).toContain('main');
    expect(error.message).toContain(new URL(host).host);
  });

  it('refuses an odd id before it asks anybody', async () => {
    const { host, asked } = await serve({});
    await rejection(openRepository({ host, id: '../x', revision: 'main' }), 'invalid-request');
    expect(asked).toEqual([]);
  });

  it('says that it was asked too often, and for how long', async () => {
    const waits: number[] = [];
    const { host, asked } = await serve({ [infoPath]: statusOf(429, { 'Retry-After': '90' }) });
    const wait = async (ms: number): Promise<void> => void waits.push(ms);
    const call = openRepository({ host, id, revision: 'main' }, { wait });
    const error = await rejection(call, 'download-failed');
    expect(error.message).toContain('90 seconds');
    expect(waits).toEqual([60_000]);
    expect(asked).toHaveLength(2);
  });

  it('goes on when the second try is let through', async () => {
    const { host } = await serve({
      [infoPath]: inTurn(statusOf(429, { 'Retry-After': '1' }), json(info)),
      [treePath]: inTurn(statusOf(502), json(tree)),
    });
    expect(await openRepository({ host, id, revision: 'main' }, noPause)).toMatchObject({
      listed: true,
    });
  });

  it('stops at once when it is aborted during a pause', async () => {
    const controller = new AbortController();
    const { host } = await serve({ [infoPath]: statusOf(429, { 'Retry-After': '3600' }) });
    const call = openRepository(
      { host, id, revision: 'main' },
      {
        signal: controller.signal,
        // Nobody but the signal ends this pause.
        wait: (_, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
            controller.abort();
          }),
      },
    );
    expect((await rejection(call, 'aborted')).name).toBe('AbortError');
  });

  it('asks for nothing when it was aborted before', async () => {
    const { host, asked } = await serve({ [infoPath]: json(info) });
    const signal = AbortSignal.abort();
    await rejection(openRepository({ host, id, revision: 'main' }, { signal }), 'aborted');
    expect(asked).toEqual([]);
  });
});

describe('probeFiles', () => {
  const resolve = `/${id}/resolve/main/`;
  const binary = { 'Content-Type': 'application/octet-stream' };

  it('finds the files that exist, in the order asked for', async () => {
    const { host } = await serve({
      [`${resolve}onnx/model.onnx`]: file(1000, binary),
      [`${resolve}config.json`]: file(30, { 'Content-Type': 'application/json' }),
    });
    const paths = ['onnx/model_fp16.onnx', 'onnx/model.onnx', 'config.json'];
    expect(await probeFiles({ host, id, revision: 'main' }, paths)).toEqual([
      { path: 'onnx/model.onnx', bytes: 1000, sha256: null },
      { path: 'config.json', bytes: 30, sha256: null },
    ]);
  });

  it('does not take a compressed length for the size', async () => {
    const { host } = await serve({
      [`${resolve}tokenizer.json`]: (response, request) => {
        response.setHeader('Content-Type', 'application/json');
        if (request.headers.range === undefined) response.setHeader('Content-Length', 12).end();
        else response.writeHead(206, { 'Content-Range': 'bytes 0-0/900' }).end('{');
      },
    });
    const [found] = await probeFiles({ host, id, revision: 'main' }, ['tokenizer.json']);
    expect(found?.bytes).toBe(900);
  });

  it('reads size and SHA-256 of files behind a redirect', async () => {
    const { host } = await serve({
      [`${resolve}onnx/model.onnx`]: file(5, {
        ...binary,
        'X-Linked-Size': '2000',
        'X-Linked-ETag': `"${sha256}"`,
      }),
    });
    const files = await probeFiles({ host, id, revision: 'main' }, ['onnx/model.onnx']);
    expect(files).toEqual([{ path: 'onnx/model.onnx', bytes: 2000, sha256 }]);
  });

  it('takes an ETag for a SHA-256 only where it can be one', async () => {
    const { host } = await serve({
      [`${resolve}a.onnx`]: file(5, { ...binary, ETag: `"${sha256}"` }),
      [`${resolve}b.onnx`]: file(5, { ...binary, ETag: '"123"' }),
      [`${resolve}c.onnx`]: (response) => response.writeHead(302, { Location: 'a.onnx' }).end(),
    });
    const files = await probeFiles({ host, id, revision: 'main' }, ['a.onnx', 'b.onnx', 'c.onnx']);
    expect(files.map((found) => found.sha256)).toEqual([sha256, null, null]);
  });

  it.each([403, 405, 501])('asks for the first byte where HEAD gets %i', async (status) => {
    const { host, asked } = await serve({
      [`${resolve}a.onnx`]: (response, request) => {
        if (request.method === 'HEAD') response.writeHead(status).end();
        else response.writeHead(206, { ...binary, 'Content-Range': 'bytes 0-0/77' }).end('x');
      },
    });
    const files = await probeFiles({ host, id, revision: 'main' }, ['a.onnx']);
    expect(files).toEqual([{ path: 'a.onnx', bytes: 77, sha256: null }]);
    expect(asked.at(-1)?.headers.range).toBe('bytes=0-0');
  });

  it('finds nothing where every address answers with a page', async () => {
    const { host } = await serve({}, (response) =>
      response.setHeader('Content-Type', 'text/html').end('<!doctype html>'),
    );
    expect(await probeFiles({ host, id, revision: 'main' }, ['a.onnx', 'b.onnx'])).toEqual([]);
  });

  it.each([
    [401, ['HEAD']],
    [403, ['HEAD', 'GET']],
  ])('says when the host refuses access by %i, and asks it no more', async (status, methods) => {
    const { host, asked } = await serve({}, statusOf(status));
    const paths = Array.from({ length: 9 }, (_, number) => `${number}.onnx`);
    await rejection(probeFiles({ host, id, revision: 'main' }, paths), 'access-denied');
    expect(asked.map(({ method }) => method)).toEqual(methods);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const { host } = await serve({}, () => controller.abort());
    const { signal } = controller;
    const call = probeFiles({ host, id, revision: 'main' }, ['a.onnx', 'b.onnx'], { signal });
    await rejection(call, 'aborted');
  });
});

describe('readRepositoryText', () => {
  const path = `/${id}/resolve/main/config.json`;

  it('reads text', async () => {
    const { host } = await serve({ [path]: (response) => response.end('{"名":1}') });
    expect(await readRepositoryText({ host, id, revision: 'main' }, 'config.json')).toBe(
      '{"名":1}',
    );
  });

  it.each<[string, Answer]>([
    ['by its type', (response) => response.setHeader('Content-Type', 'text/html').end('Log in')],
    ['by its start', (response) => response.end('\n<!DOCTYPE HTML><title>Log in</title>')],
  ])('refuses a web page in its place, known %s', async (_, answer) => {
    const { host } = await serve({ [path]: answer });
    const error = await rejection(
      readRepositoryText({ host, id, revision: 'main' }, 'config.json'),
      'model-corrupt',
    );
    expect(error.message).toContain('web page instead of the file config.json');
  });

  it('reads no more than it was told', async () => {
    const { host } = await serve({ [path]: (response) => response.end('x'.repeat(2000)) });
    const options = { maxBytes: 1000 };
    const call = readRepositoryText({ host, id, revision: 'main' }, 'config.json', options);
    const error = await rejection(call, 'model-corrupt');
    expect(error.message).toContain('config.json');
  });

  it('names id, revision, file and host when there is no such file', async () => {
    const { host } = await serve({});
    const call = readRepositoryText({ host, id, revision: 'main' }, 'config.json');
    const { message } = await rejection(call, 'model-not-found');
    for (const part of [id, 'main', 'config.json', new URL(host).host]) {
      expect(message).toContain(part);
    }
  });

  it('reads again when the connection was cut', async () => {
    const { host } = await serve({
      [path]: inTurn(cutOff('{"a":1}'), (response) => response.end('{"a":1}')),
    });
    expect(await readRepositoryText({ host, id, revision: 'main' }, 'config.json')).toBe('{"a":1}');
  });

  it('gives up when it is cut twice, and when nobody answers', async () => {
    const { host } = await serve({ [path]: cutOff('{"a":1}') });
    const address = { host, id, revision: 'main' };
    await rejection(readRepositoryText(address, 'config.json'), 'download-failed');
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    const error = await rejection(
      readRepositoryText(address, 'config.json', noPause),
      'download-failed',
    );
    expect(error.message).toContain('could not be reached');
  });
});

describe('readRetryAfter', () => {
  it.each([
    [null, null],
    ['', null],
    ['soon', null],
    ['7', 7000],
    ['Thu, 01 Jan 1970 00:00:12 GMT', 2000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ])('reads %j as %j ms', (value, expected) => {
    expect(readRetryAfter(value, 10_000)).toBe(expected);
  });
});

const noPause = { wait: async () => undefined };

/** Serves answers by address; what has none is a 404. */
async function serve(
  answers: Readonly<Record<string, Answer>>,
  otherwise: Answer = statusOf(404),
): Promise<{ host: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    (answers[request.url ?? ''] ?? otherwise)(response, request);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: `http://127.0.0.1:${address.port}`, asked };
}

function json(value: unknown, headers: Record<string, string> = {}, status = 200): Answer {
  return (response) =>
    response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(value));
}

/** Answers HEAD and a range of the first byte, as hubs do. */
function file(bytes: number, headers: Record<string, string>): Answer {
  return (response, request) => {
    if (request.headers.range === undefined) {
      response.writeHead(200, { ...headers, 'Content-Length': bytes }).end();
    } else response.writeHead(206, { ...headers, 'Content-Range': `bytes 0-0/${bytes}` }).end('x');
  };
}

function statusOf(status: number, headers: Record<string, string> = {}): Answer {
  return (response) =>
    response.writeHead(status, { 'Content-Type': 'text/html', ...headers }).end('<p>no</p>');
}

function inTurn(...answers: readonly Answer[]): Answer {
  let next = 0;
  return (response, request) => {
    answers[Math.min(next, answers.length - 1)]?.(response, request);
    next += 1;
  };
}

function cutOff(body: string): Answer {
  return (response) => {
    response.writeHead(200, { 'Content-Length': body.length });
    response.write(body.slice(0, 3), () => response.destroy());
  };
}

async function rejection(promise: Promise<unknown>, code: RerankErrorCode): Promise<RerankError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RerankError);
  expect(error).toMatchObject({ code });
  if (!(error instanceof RerankError)) throw new Error('not a RerankError');
  return error;
}
