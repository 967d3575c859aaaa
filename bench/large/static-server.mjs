// Serves a few files and folders to a page, cross-origin isolated, as WASM threads need it.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

const types = /** @type {Readonly<Record<string, string>>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
});

/**
 * @param {Readonly<Record<string, string>>} places file or folder on disk, by the path of its
 *   address; `/` is always an empty page
 * @returns {Promise<{ url: string, close: () => void }>} the URL without a slash at its end
 */
export async function servePlaces(places) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Content-Type', types[path.extname(pathname)] ?? 'text/html');
    if (pathname === '/') {
      response.end('<!doctype html><title>Measurement</title>');
      return;
    }
    const place = Object.keys(places).find((key) => `${pathname}/`.startsWith(`${key}/`));
    // The address was normalised: it has no `..` left.
    const file = place && `${places[place]}${pathname.slice(place.length)}`;
    if (!file || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Length', statSync(file).size);
    createReadStream(file).pipe(response);
  });
  const port = await listen(server, 0);
  return {
    url: `http://localhost:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A port that nobody uses at this moment. */
export async function findFreePort() {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * @param {import('node:http').Server} server
 * @param {number} port
 * @returns {Promise<number>}
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen({ port, host: 'localhost' }, () => {
      const address = server.address();
      // Text for pipes, null before it listens: neither is the case.
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
