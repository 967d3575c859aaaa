import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { contentSecurityPolicyFor, responseHeaders } from '../src/offline/response-headers.ts';

/** Where the build under test lies. */
export const builtFolder = path.resolve(process.env.E2E_DIST ?? 'dist');

/** A static host as there are many: files of a folder below a path, and nothing else. */
export interface StaticServer {
  /** Address of the page, with a slash at its end. */
  readonly url: string;
  /** Paths that were asked for, relative to the page's folder. */
  readonly asked: string[];
  /** From now on files come from another folder. */
  serve(folder: string): void;
  /** Nobody answers any more; the port stays free. */
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** What a host that can send headers sends with each answer. @param caching its Cache-Control */
export function headersOfHost(caching: string) {
  return (pathname: string): Readonly<Record<string, string>> => ({
    ...responseHeaders,
    'Cache-Control': caching,
    'Content-Security-Policy': contentSecurityPolicyFor(pathname),
  });
}

/**
 * Serves a folder on a port of its own.
 * @param options.base path that the page lies at, with slashes at both ends
 * @param options.headers sent with each answer; most static hosts can send none
 */
export async function startStaticServer(
  folder: string,
  options: {
    readonly base?: string;
    readonly headers?: (pathname: string) => Readonly<Record<string, string>>;
  } = {},
): Promise<StaticServer> {
  const { base = '/', headers = () => ({}) } = options;
  const asked: string[] = [];
  let root = folder;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const relative = pathname.startsWith(base) ? pathname.slice(base.length) : null;
    const file = relative === null ? null : fileAt(root, relative);
    if (relative !== null) asked.push(relative);
    if (file === null) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': types[path.extname(file)] ?? 'application/octet-stream',
      'Content-Length': statSync(file).size,
      // As GitHub Pages has it.
      'Cache-Control': 'max-age=600',
      ...headers(pathname),
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, 'localhost', resolve);
  });
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}${base}`,
    asked,
    serve: (next) => {
      root = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fileAt(root: string, relative: string): string | null {
  const file = path.join(root, relative === '' ? 'index.html' : decodeURIComponent(relative));
  const isBelow = file.startsWith(root + path.sep);
  return isBelow && statSync(file, { throwIfNoEntry: false })?.isFile() ? file : null;
}
