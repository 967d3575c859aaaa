import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainFiles } from './runtime-files.ts';

/** The shortest module that there is. */
const wasm = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const answers: Readonly<Record<string, readonly [status: number, type: string, body: Uint8Array]>> =
  {
    '/good.wasm': [200, 'application/wasm', wasm],
    '/other.wasm': [200, 'application/octet-stream', wasm],
    '/cut.wasm': [200, 'application/wasm', wasm.subarray(0, 5)],
    '/page.wasm': [200, 'text/html; charset=utf-8', new TextEncoder().encode('<!doctype html>')],
    '/good.mjs': [200, 'text/javascript', new Uint8Array()],
    '/plain.mjs': [200, 'text/plain', new Uint8Array()],
  };
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    const [status, type, body] = answers[url] ?? [404, 'text/plain', new Uint8Array()];
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address of this kind.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function explain(path: string, reason = 'it did not start'): Promise<string | null> {
  const kind = path.endsWith('.wasm') ? 'wasm' : 'module';
  return explainFiles([{ url: `${origin}${path}`, kind }], reason);
}

describe('a file of a runtime that did not start', () => {
  it.each([
    ['/gone.wasm', /^gone\.wasm.*is missing.*HTTP 404.*Reload/],
    ['/gone.mjs', /^gone\.mjs.*is missing.*HTTP 404.*Reload/],
    ['/page.wasm', /^page\.wasm.*a web page in its place.*Reload/],
    ['/cut.wasm', /^cut\.wasm.*is damaged: its 5 bytes.*Reload/],
    ['/plain.mjs', /^plain\.mjs.*came as text\/plain.*text\/javascript/],
  ])('is named with what is wrong and what to do: %s', async (path, words) => {
    expect(await explain(path)).toMatch(words);
  });

  it('that nobody answers for is named, too', async () => {
    const nobody = [{ url: 'http://127.0.0.1:1/good.wasm', kind: 'wasm' }] as const;
    expect(await explainFiles(nobody, 'x')).toMatch(
      /^good\.wasm.*could not be fetched.*connection/,
    );
  });

  it.each(['/good.wasm', '/other.wasm', '/good.mjs'])(
    'is not blamed when it is sound: %s',
    async (path) => {
      expect(await explain(path)).toBeNull();
    },
  );

  it('that was damaged and is sound by now can be used the next time', async () => {
    const reason = 'CompileError: WebAssembly.instantiate(): expected magic word 00 61 73 6d';
    expect(await explain('/good.wasm', reason)).toMatch(/run again/);
  });
});
