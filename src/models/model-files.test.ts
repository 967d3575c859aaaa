import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { embeddedModel } from './embedded-model.ts';
import { wholeOf } from './kept-file.ts';
import { type ModelFiles, type ReadModelOptions, readModelFiles } from './model-files.ts';
import type { FileSource, ModelSource } from './model-source.ts';

// Nothing here is about speed, and other programs may be running.
vi.setConfig({ testTimeout: 60_000 });

const contents = {
  weights: bytesOf(700_000, 1),
  tokenizer: bytesOf(30_000, 2),
  tokenizerConfig: bytesOf(300, 3),
};
const card = {
  ...embeddedModel,
  id: 'small-model',
  weights: fileOf('small-model/onnx/model.onnx', contents.weights),
  tokenizer: fileOf('small-model/tokenizer.json', contents.tokenizer),
  tokenizerConfig: fileOf('small-model/tokenizer_config.json', contents.tokenizerConfig),
} satisfies ModelSource;

const readModel = (
  source: ModelSource,
  appModelsUrl: string,
  options: ReadModelOptions = {},
): Promise<ModelFiles> => readModelFiles(source, { ...options, appModelsUrl });
const totalBytes = 730_300;

type Answer = (response: ServerResponse) => void;
type Answers = Record<keyof typeof contents, Answer>;

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    if (server.listening) await once(server, 'close');
  }
});

describe('readModelFiles', () => {
  it('reads the three files as they are', async () => {
    const files = await readModel(card, await serve());
    expect(Buffer.compare(wholeOf(files.weights), contents.weights)).toBe(0);
    expect(Buffer.compare(files.tokenizer, contents.tokenizer)).toBe(0);
    expect(Buffer.compare(files.tokenizerConfig, contents.tokenizerConfig)).toBe(0);
  });

  it('tells progress that never falls, over one total, up to the total', async () => {
    const events: { loadedBytes: number; totalBytes: number }[] = [];
    await readModel(card, await serve({ weights: inParts(contents.weights, 7) }), {
      onProgress: (loadedBytes, total) => events.push({ loadedBytes, totalBytes: total }),
    });
    expect(new Set(events.map((event) => event.totalBytes))).toEqual(new Set([totalBytes]));
    const loaded = events.map((event) => event.loadedBytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(totalBytes);
    expect(loaded.length).toBeGreaterThan(3);
  });

  it.each([
    ['one wrong byte', sends(withOneWrongByte(contents.weights)), /SHA-256/],
    ['a file that is too short', sends(contents.weights.subarray(0, -1)), /only 699999 bytes/],
    [
      'a file that is too long',
      sends(Buffer.concat([contents.weights, Buffer.from('x')])),
      /more bytes where 700000 were expected/,
    ],
    ['an empty file', sends(Buffer.alloc(0)), /only 0 bytes/],
    ['a page in its place', sends(Buffer.from('<!doctype html><title>App</title>')), /wrong size/],
  ])('calls the model corrupt for %s, and says so', async (_, weights, words) => {
    const error = await expectRejection(readModel(card, await serve({ weights })), 'model-corrupt');
    expect(error.message).toMatch(words);
  });

  it.each([
    ['missing', statusOf(404)],
    ['forbidden', statusOf(403)],
    ['broken on the server', statusOf(500)],
    ['cut off in the middle', cutOff(contents.weights, 100_000)],
    ['cut off before it begins', (response: ServerResponse) => response.destroy()],
  ])('calls the download failed for a file that is %s', async (_, weights) => {
    await expectRejection(readModel(card, await serve({ weights })), 'download-failed');
  });

  it('asks once more for a file that broke off, and progress never falls', async () => {
    let asked = 0;
    const weights = (response: ServerResponse): void => {
      asked += 1;
      const answer = asked === 1 ? cutOff(contents.weights, 100_000) : sends(contents.weights);
      answer(response);
    };
    const told: number[] = [];
    const files = await readModel(card, await serve({ weights }), {
      onProgress: (loadedBytes) => told.push(loadedBytes),
    });
    expect(asked).toBe(2);
    expect(Buffer.compare(wholeOf(files.weights), contents.weights)).toBe(0);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(totalBytes);
  });

  it('names the file that failed', async () => {
    const baseUrl = await serve({ tokenizer: statusOf(404) });
    await expect(readModel(card, baseUrl)).rejects.toThrow(
      `${baseUrl}small-model/tokenizer.json answered HTTP 404`,
    );
  });

  it('calls the download failed when nobody answers', async () => {
    const baseUrl = await serve();
    const [server] = servers.splice(0);
    server?.close();
    await expectRejection(readModel(card, baseUrl), 'download-failed');
  });

  it('checks the small files as strictly as the weights', async () => {
    for (const name of ['tokenizer', 'tokenizerConfig'] as const) {
      const baseUrl = await serve({ [name]: sends(withOneWrongByte(contents[name])) });
      await expectRejection(readModel(card, baseUrl), 'model-corrupt');
    }
  });

  it('stops the other files when one fails', async () => {
    const weights = halfSent(contents.weights);
    const baseUrl = await serve({ weights: weights.answer, tokenizer: statusOf(404) });
    await expectRejection(readModel(card, baseUrl), 'download-failed');
    await weights.closed;
  });

  it('stops in the middle of a file when it is aborted', async () => {
    const weights = halfSent(contents.weights);
    const controller = new AbortController();
    const reading = readModel(card, await serve({ weights: weights.answer }), {
      signal: controller.signal,
      onProgress: (loadedBytes) => {
        if (loadedBytes > totalBytes / 2) controller.abort(new Error('enough'));
      },
    });
    const error = await expectRejection(reading, 'aborted');
    expect(error.name).toBe('AbortError');
    await weights.closed;
  });

  it('reads external data by its location, and files that are in memory', async () => {
    const blob = new Blob([Uint8Array.from(contents.weights)]);
    const source: ModelSource = {
      ...card,
      weights: { from: 'memory', blob, bytes: blob.size },
      externalData: [{ location: 'model.onnx_data', file: card.weights }],
    };
    const files = await readModel(source, await serve());
    expect(Buffer.compare(wholeOf(files.weights), contents.weights)).toBe(0);
    expect(files.externalData.map(({ location }) => location)).toEqual(['model.onnx_data']);
    expect(files.externalData[0]?.bytes.length).toBe(contents.weights.length);
  });

  it('says what to do when the browser lost a kept file', async () => {
    const weights: FileSource = { from: 'store', segments: ['gone', 'model.onnx'], bytes: 1 };
    const error = await expectRejection(
      readModel({ ...card, weights }, await serve()),
      'storage-unavailable',
    );
    expect(error.message).toMatch(/model\.onnx .*Load the model again/);
  });

  it('asks for nothing when it was aborted before', async () => {
    let requests = 0;
    const count: Answer = (response) => {
      requests += 1;
      response.end();
    };
    const baseUrl = await serve({ weights: count, tokenizer: count, tokenizerConfig: count });
    await expectRejection(readModel(card, baseUrl, { signal: AbortSignal.abort() }), 'aborted');
    expect(requests).toBe(0);
  });
});

describe('the embedded model', () => {
  const modelUrl = new URL(`../../public/models/`, import.meta.url);

  it.each([embeddedModel.weights, embeddedModel.tokenizer, embeddedModel.tokenizerConfig])(
    'ships $path as its card says',
    (file) => {
      expect(fileOf(file.path, readFileSync(new URL(file.path, modelUrl)))).toEqual(file);
    },
  );

  it('has a revision that begins the hash of its weights', () => {
    const [, start = 'no hash'] = embeddedModel.revision.split('-');
    expect(start).toMatch(/^[0-9a-f]{12,}$/);
    expect(embeddedModel.weights.sha256.startsWith(start)).toBe(true);
  });

  it('reads no longer pairs than it has positions for', () => {
    // The file that comes with the weights.
    const config = JSON.parse(
      readFileSync(new URL(`${embeddedModel.id}/config.json`, modelUrl), 'utf8'),
    ) as {
      readonly max_position_embeddings: number;
    };
    expect(embeddedModel.maxLength).toBeLessThanOrEqual(config.max_position_embeddings);
  });
});

/** Serves the small model, with other answers for some of its files. Gives the base address. */
async function serve(answers: Partial<Answers> = {}): Promise<string> {
  const answerByPath = new Map<string, Answer>();
  for (const name of ['weights', 'tokenizer', 'tokenizerConfig'] as const) {
    answerByPath.set(`/models/${card[name].path}`, answers[name] ?? sends(contents[name]));
  }
  const server = createServer((request, response) => {
    const answer = answerByPath.get(request.url ?? '') ?? statusOf(404);
    answer(response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/models/`;
}

function sends(body: Uint8Array): Answer {
  return (response) => response.end(body);
}

function inParts(body: Uint8Array, count: number): Answer {
  return (response) => {
    const size = Math.ceil(body.length / count);
    for (let start = 0; start < body.length; start += size) {
      response.write(body.subarray(start, start + size));
    }
    response.end();
  };
}

function statusOf(status: number): Answer {
  return (response) => response.writeHead(status, { 'content-type': 'text/html' }).end('<p>no</p>');
}

/** Promises the whole file and breaks the connection after some of it. */
function cutOff(body: Uint8Array, after: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, after), () => response.destroy());
  };
}

/** Sends most of the file and then nothing, until the reader goes away. */
function halfSent(body: Uint8Array): { answer: Answer; closed: Promise<void> } {
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  return {
    closed,
    answer: (response) => {
      response.once('close', close);
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, Math.floor(body.length * 0.8)));
    },
  };
}

function withOneWrongByte(body: Uint8Array): Uint8Array {
  const wrong = Uint8Array.from(body);
  wrong[100] = (wrong[100] ?? 0) ^ 1;
  return wrong;
}

async function expectRejection(
  promise: Promise<unknown>,
  code: RerankErrorCode,
): Promise<RerankError> {
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

function fileOf(path: string, content: Uint8Array): Extract<FileSource, { from: 'app' }> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { from: 'app', path, bytes: content.length, sha256 };
}
