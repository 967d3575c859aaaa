import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { type DownloadOptions, downloadFile } from './download.ts';
import type { OpenFile } from './file-store.ts';
import { MemoryFileStore } from './memory-file-store.ts';
import type { ModelFile } from './model-card.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

type Answer = (response: ServerResponse, range: number | null) => void;

const content = bytesOf(5_000_000, 1);
const other = bytesOf(5_000_000, 2);
const expected: ModelFile = {
  path: 'onnx/model.onnx',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    if (server.listening) await once(server, 'close');
  }
});

describe('a download', () => {
  it('writes the file as it is and verifies it', async () => {
    const { url, ranges } = await serve(sends(content));
    const { sink, stored } = await openSink();
    const done = await downloadFile(url, expected, sink);
    expect(done).toEqual({ bytes: content.length, sha256: expected.sha256, verified: 'sha256' });
    expect(Buffer.compare(await stored(), content)).toBe(0);
    expect(ranges).toEqual([null]);
  });

  it('follows a redirect to another host', async () => {
    const { url } = await serve(sends(content));
    const first = await serve((response) => response.writeHead(302, { Location: url }).end());
    const { sink, stored } = await openSink();
    await downloadFile(first.url, expected, sink);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it('tells progress that never falls, up to the total', async () => {
    const { url } = await serve(inTurn(cutAfter(content, 3_000_000), sends(content)));
    const { sink } = await openSink();
    const { options, told } = watch();
    await downloadFile(url, expected, sink, options);
    const loaded = told.map(([bytes]) => bytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(new Set(told.map(([, total]) => total))).toEqual(new Set([content.length]));
    expect(loaded.at(-1)).toBe(content.length);
    expect(loaded.length).toBeGreaterThan(10);
  });

  it('tells no progress that falls, though it has to start anew', async () => {
    const { url } = await serve(inTurn(cutAfter(content, 3_000_000), noRanges(content)));
    const { sink } = await openSink();
    const { options, told } = watch();
    await downloadFile(url, expected, sink, options);
    const loaded = told.map(([bytes]) => bytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(content.length);
  });

  it('takes the size from the answer where nobody said it before', async () => {
    const { url } = await serve(sends(content));
    const { sink } = await openSink();
    const { options, told } = watch();
    const unknown = { ...expected, bytes: null, sha256: null };
    const done = await downloadFile(url, unknown, sink, options);
    expect(done).toEqual({ bytes: content.length, sha256: expected.sha256, verified: 'size' });
    expect(told.at(-1)).toEqual([content.length, content.length]);
  });

  it('accepts what comes where nobody says the size', async () => {
    const { url } = await serve(inChunks(content));
    const { sink, stored } = await openSink();
    const { options, told } = watch();
    const unknown = { ...expected, bytes: null, sha256: null };
    expect(await downloadFile(url, unknown, sink, options)).toMatchObject({ verified: 'size' });
    expect(Buffer.compare(await stored(), content)).toBe(0);
    expect(told.at(-1)).toEqual([content.length, null]);
  });

  it('takes an empty file', async () => {
    const { url } = await serve(sends(Buffer.alloc(0)));
    const { sink } = await openSink();
    const empty = { path: 'a.json', bytes: null, sha256: null };
    expect(await downloadFile(url, empty, sink)).toMatchObject({ bytes: 0 });
  });
});

describe('a download that was begun before', () => {
  it('goes on where it stopped', async () => {
    const { url, ranges } = await serve(sends(content));
    const { sink, stored } = await openSink(content.subarray(0, 3_333_333));
    const { options, told } = watch();
    const done = await downloadFile(url, expected, sink, options);
    expect(done.verified).toBe('sha256');
    expect(ranges).toEqual([3_333_333]);
    expect(Buffer.compare(await stored(), content)).toBe(0);
    expect(told[0]?.[0]).toBeGreaterThan(1_000_000);
  });

  it('asks for nothing when all is there, and verifies that', async () => {
    const { url, ranges } = await serve(sends(content));
    const { sink } = await openSink(content);
    expect(await downloadFile(url, expected, sink)).toMatchObject({ verified: 'sha256' });
    expect(ranges).toEqual([]);
  });

  it.each<[string, Uint8Array]>([
    ['part', other.subarray(0, 2_000_000)],
    ['whole', other],
  ])('starts anew, once, when what was there is not a part of it: a wrong %s', async (_, there) => {
    const { url, ranges } = await serve(sends(content));
    const { sink, stored } = await openSink(there);
    await downloadFile(url, expected, sink);
    expect(ranges.at(-1)).toBeNull();
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it('starts anew when there is more than the file has', async () => {
    const { url, ranges } = await serve(sends(content));
    const { sink, stored } = await openSink(Buffer.concat([content, other]));
    await downloadFile(url, expected, sink);
    expect(ranges).toEqual([null]);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it('starts anew where the host sends all of it instead of the rest', async () => {
    const { url, ranges } = await serve(noRanges(content));
    const { sink, stored } = await openSink(other.subarray(0, 2_000_000));
    await downloadFile(url, expected, sink);
    expect(ranges).toEqual([2_000_000]);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it.each<[string, Answer]>([
    [
      'a rest of a file of another size',
      (response, range) =>
        response
          .writeHead(206, { 'Content-Range': `bytes ${range}-5000009/5000010` })
          .end(content.subarray(range ?? 0)),
    ],
    [
      'another part than was asked for',
      (response) =>
        response
          .writeHead(206, { 'Content-Range': `bytes 7-4999999/${content.length}` })
          .end(content.subarray(7)),
    ],
    ['416 without a reason', (response) => response.writeHead(416).end()],
  ])('starts anew where the host sends %s', async (_, answer) => {
    const { url, ranges } = await serve(inTurn(answer, sends(content)));
    const { sink, stored } = await openSink(content.subarray(0, 2_000_000));
    await downloadFile(url, expected, sink, noPause);
    expect(ranges).toEqual([2_000_000, null]);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it('takes what is there for whole when the host says so and nobody else does', async () => {
    const { url } = await serve(sends(content));
    const { sink } = await openSink(content);
    const unknown = { ...expected, bytes: null, sha256: null };
    expect(await downloadFile(url, unknown, sink)).toMatchObject({ bytes: content.length });
  });
});

describe('a connection that is cut', () => {
  it('is taken up where it stopped', async () => {
    const { url, ranges } = await serve(inTurn(cutAfter(content, 1_500_000), sends(content)));
    const { sink, stored } = await openSink();
    const waits: number[] = [];
    await downloadFile(url, expected, sink, {
      wait: (ms, signal) =>
        ms === 30_000 ? untilAborted(signal) : Promise.resolve(void waits.push(ms)),
    });
    expect(ranges).toHaveLength(2);
    expect(ranges[1]).toBeGreaterThan(0);
    expect(waits).toEqual([1000]);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it('may be cut again and again as long as it brings a mebibyte each time', async () => {
    const { url, ranges } = await serve((response, range) =>
      cutAfter(content, 1_200_000)(response, range),
    );
    const { sink, stored } = await openSink();
    await downloadFile(url, expected, sink, noPause);
    expect(ranges.length).toBeGreaterThanOrEqual(4);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it.each<[string, Answer]>([
    ['is cut at once', (response) => response.destroy()],
    ['is cut after little', cutAfter(content, 1000)],
    ['gets 503', statusOf(503)],
    ['gets 429', statusOf(429)],
  ])('has one more try when it %s, then fails and keeps what arrived', async (_, answer) => {
    const there = content.subarray(0, 2_000_000);
    const { url, ranges } = await serve(answer);
    const { sink, stored } = await openSink(there);
    const error = await rejection(downloadFile(url, expected, sink, noPause), 'download-failed');
    expect(ranges).toHaveLength(2);
    expect((await stored()).length).toBeGreaterThanOrEqual(there.length);
    expect(error.message).toContain('model.onnx');
  });

  it('is given up after twenty tries, though each brings something', async () => {
    const { url, ranges } = await serve((response, range) => {
      response.writeHead(206, { 'Content-Range': `bytes ${range ?? 0}-39999999/40000000` });
      response.write(Buffer.alloc(1_100_000), () => response.destroy());
    });
    const { sink } = await openSink();
    const huge = { path: 'huge.onnx', bytes: 40_000_000, sha256: null };
    await rejection(downloadFile(url, huge, sink, noPause), 'download-failed');
    expect(ranges).toHaveLength(21);
  });

  it('does not go round for ever with a host that always starts anew', async () => {
    const { url, ranges } = await serve((response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, 2_000_000), () => response.destroy());
    });
    const { sink } = await openSink();
    await rejection(downloadFile(url, expected, sink, noPause), 'download-failed');
    expect(ranges.length).toBeLessThanOrEqual(3);
  });

  it('counts as cut when nothing comes any more', async () => {
    let stall = (): void => undefined;
    const { url, ranges } = await serve(
      inTurn((response) => {
        response.writeHead(200, { 'Content-Length': content.length });
        response.write(content.subarray(0, 2_000_000));
      }, sends(content)),
    );
    const { sink, stored } = await openSink();
    await downloadFile(url, expected, sink, {
      stallMs: 5,
      // The line stands still for as long as this test says.
      wait: (ms, signal) =>
        ms === 5
          ? new Promise((resolve, reject) => {
              stall = resolve;
              signal?.addEventListener('abort', () => reject(signal.reason));
            })
          : Promise.resolve(),
      onProgress: (bytes) => {
        if (bytes === 2_000_000)
          queueMicrotask(() => queueMicrotask(() => setImmediate(() => stall())));
      },
    });
    expect(ranges).toEqual([null, 2_000_000]);
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it('counts as cut when the host never answers', async () => {
    const { url, ranges } = await serve(inTurn(() => undefined, sends(content)));
    const { sink } = await openSink();
    let asked = 0;
    await downloadFile(url, expected, sink, {
      stallMs: 5,
      wait: (ms, signal) => {
        if (ms !== 5) return Promise.resolve();
        asked += 1;
        return asked === 1
          ? once(servers[0] ?? process, 'request').then(() => undefined)
          : untilAborted(signal);
      },
    });
    expect(ranges).toEqual([null, null]);
  });
});

describe('wrong files', () => {
  it.each<[string, Answer, RegExp]>([
    ['with one wrong byte', sends(withOneWrongByte(content)), /SHA-256/],
    ['that is too short', sends(content.subarray(0, -1)), /4999999 bytes where 5000000/],
    ['that is too short and has no length', inChunks(content.subarray(0, -1)), /wrong size/],
    ['that is too long', sends(Buffer.concat([content, Buffer.from('x')])), /more bytes/],
    ['that is empty', sends(Buffer.alloc(0)), /wrong size/],
  ])('are deleted: one %s', async (_, answer, words) => {
    const { url } = await serve(answer);
    const { sink, stored } = await openSink();
    const error = await rejection(downloadFile(url, expected, sink, noPause), 'model-corrupt');
    expect(error.message).toMatch(words);
    expect(error.message).toContain('onnx/model.onnx');
    expect(await stored()).toHaveLength(0);
  });

  it('are not fetched again when they came in one piece', async () => {
    const { url, ranges } = await serve(sends(withOneWrongByte(content)));
    const { sink } = await openSink();
    await rejection(downloadFile(url, expected, sink), 'model-corrupt');
    expect(ranges).toHaveLength(1);
  });

  it('are fetched once more when they came in pieces', async () => {
    const { url, ranges } = await serve(
      inTurn(cutAfter(other, 2_000_000), sends(content), sends(content)),
    );
    const { sink, stored } = await openSink();
    await downloadFile(url, expected, sink, noPause);
    expect(ranges).toHaveLength(3);
    expect(ranges[2]).toBeNull();
    expect(Buffer.compare(await stored(), content)).toBe(0);
  });

  it.each<[string, Answer]>([
    ['by its type', (response) => response.setHeader('Content-Type', 'text/html').end('Log in')],
    ['by its start', (response) => response.end('<!doctype html><title>Log in</title>')],
  ])('may be web pages, known %s', async (_, answer) => {
    const { url } = await serve(answer);
    const { sink } = await openSink();
    const error = await rejection(downloadFile(url, expected, sink), 'model-corrupt');
    expect(error.message).toContain('web page instead of the file onnx/model.onnx');
  });

  it('do not cost what was there when they are web pages', async () => {
    const { url } = await serve((response) =>
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end('Log in'),
    );
    const { sink, stored } = await openSink(content.subarray(0, 2_000_000));
    await rejection(downloadFile(url, expected, sink), 'model-corrupt');
    expect(await stored()).toHaveLength(2_000_000);
  });

  it.each<[number, RerankErrorCode]>([
    [401, 'access-denied'],
    [403, 'access-denied'],
    [404, 'model-not-found'],
    [400, 'download-failed'],
  ])('are none at all after HTTP %i, which is not asked twice', async (status, code) => {
    const { url, ranges } = await serve(statusOf(status));
    const { sink } = await openSink();
    const error = await rejection(downloadFile(url, expected, sink), code);
    expect(error.message).toContain('onnx/model.onnx');
    expect(ranges).toHaveLength(1);
  });
});

describe('an abort', () => {
  it('stops in the middle and keeps what arrived', async () => {
    const controller = new AbortController();
    const { url } = await serve((response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, 3_000_000));
    });
    const { sink, stored } = await openSink();
    const call = downloadFile(url, expected, sink, {
      signal: controller.signal,
      onProgress: (bytes) => {
        if (bytes === 3_000_000) controller.abort(new Error('enough'));
      },
    });
    expect((await rejection(call, 'aborted')).name).toBe('AbortError');
    expect(Buffer.compare(await stored(), content.subarray(0, 3_000_000))).toBe(0);
  });

  it('stops while the host has not answered', async () => {
    const controller = new AbortController();
    const { url } = await serve(() => controller.abort());
    const { sink } = await openSink();
    const { signal } = controller;
    await rejection(downloadFile(url, expected, sink, { signal }), 'aborted');
  });

  it('stops while it reads what was there before', async () => {
    const controller = new AbortController();
    const { url, ranges } = await serve(sends(content));
    const { sink } = await openSink(content.subarray(0, 4_500_000));
    const call = downloadFile(url, expected, sink, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await rejection(call, 'aborted');
    expect(ranges).toEqual([]);
  });

  it('before the start asks for nothing', async () => {
    const { url, ranges } = await serve(sends(content));
    const { sink } = await openSink();
    await rejection(downloadFile(url, expected, sink, { signal: AbortSignal.abort() }), 'aborted');
    expect(ranges).toEqual([]);
  });
});

it('passes on what the sink throws, and asks nobody again', async () => {
  const { url, ranges } = await serve(sends(content));
  const { sink, stored } = await openSink();
  let room = 2;
  const full: OpenFile = {
    ...sink,
    append: async (bytes) => {
      if (room === 0) throw new DOMException('Full', 'QuotaExceededError');
      room -= 1;
      await sink.append(bytes);
    },
  };
  await expect(downloadFile(url, expected, full)).rejects.toMatchObject({
    name: 'QuotaExceededError',
  });
  expect(ranges).toHaveLength(1);
  expect(await stored()).toHaveLength(2 * 2 ** 20);
});

const untilAborted = (signal?: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

/** Back-off takes no time; a line never counts as still. */
const noPause: DownloadOptions = {
  stallMs: 5,
  wait: (ms, signal) => (ms === 5 ? untilAborted(signal) : Promise.resolve()),
};

function watch(): { options: DownloadOptions; told: [number, number | null][] } {
  const told: [number, number | null][] = [];
  const onProgress = (loaded: number, total: number | null): number => told.push([loaded, total]);
  return { told, options: { ...noPause, onProgress: (l, t) => void onProgress(l, t) } };
}

async function openSink(there: Uint8Array = new Uint8Array()) {
  const store = new MemoryFileStore();
  await store.write(['file'], Uint8Array.from(there));
  const sink = await store.open(['file']);
  const stored = async (): Promise<Uint8Array> => (await store.read(['file'])) ?? Buffer.alloc(0);
  return { sink, stored };
}

/** Serves one file. `ranges` are the first bytes asked for, null where all was. */
async function serve(answer: Answer): Promise<{ url: string; ranges: (number | null)[] }> {
  const ranges: (number | null)[] = [];
  const server = createServer((request, response) => {
    const range = rangeOf(request);
    ranges.push(range);
    answer(response, range);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/a/b/resolve/main/onnx/model.onnx`, ranges };
}

function rangeOf(request: IncomingMessage): number | null {
  const found = /^bytes=(\d+)-$/u.exec(request.headers.range ?? '');
  return found === null ? null : Number(found[1]);
}

/** Serves a file as hubs do, the rest of it where that is asked for. */
function sends(body: Uint8Array): Answer {
  return (response, range) => {
    if (begin(response, body, range)) response.end(body.subarray(range ?? 0));
  };
}

/** Sends so many bytes of what was asked for and breaks the connection. */
function cutAfter(body: Uint8Array, bytes: number): Answer {
  return (response, range) => {
    if (!begin(response, body, range)) return;
    const part = body.subarray(range ?? 0, (range ?? 0) + bytes);
    response.write(part, () => response.destroy());
  };
}

function begin(response: ServerResponse, body: Uint8Array, range: number | null): boolean {
  if (range === null) response.writeHead(200, { 'Content-Length': body.length });
  else if (range >= body.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}` }).end();
    return false;
  } else {
    response.writeHead(206, {
      'Content-Length': body.length - range,
      'Content-Range': `bytes ${range}-${body.length - 1}/${body.length}`,
    });
  }
  return true;
}

function noRanges(body: Uint8Array): Answer {
  return (response) => response.writeHead(200, { 'Content-Length': body.length }).end(body);
}

function inChunks(body: Uint8Array): Answer {
  return (response) => {
    for (let start = 0; start < body.length; start += 700_000) {
      response.write(body.subarray(start, start + 700_000));
    }
    response.end();
  };
}

function statusOf(status: number): Answer {
  return (response) => response.writeHead(status, { 'Content-Type': 'text/html' }).end('<p>no</p>');
}

function inTurn(...answers: readonly Answer[]): Answer {
  let next = 0;
  return (response, range) => {
    answers[Math.min(next, answers.length - 1)]?.(response, range);
    next += 1;
  };
}

function withOneWrongByte(body: Uint8Array): Uint8Array {
  const wrong = Uint8Array.from(body);
  wrong[100] = (wrong[100] ?? 0) ^ 1;
  return wrong;
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

/** Bytes without a pattern that compresses, the same ones for the same seed. */
function bytesOf(length: number, seed: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < length; block++) {
    blocks.push(createHash('sha256').update(`${seed} ${block}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
