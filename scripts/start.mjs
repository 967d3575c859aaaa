// `npm start`: from a fresh clone to the production build on http://localhost, in one command.
// It runs before anything is installed, so it imports nothing but Node itself.

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkNode, fail, preparePackages, root } from './packages.mjs';

const defaultPort = 4173;
const usage = `Builds Crossrank and serves it on http://localhost:${defaultPort}

Usage: npm start -- [options]

  --port N     serve on port N (1 to 65535)
  --base PATH  serve it below a path, such as /tools/crossrank/
  --no-build   serve dist/ as it is
  --help       show this`;

const options = readOptions();
if (options.help) {
  console.log(usage);
  process.exit(0);
}
checkNode();
// Asked before the rest, so that nobody waits for a build that cannot be served.
await checkPortIsFree(options.port);
preparePackages();
await serve(options);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: String(defaultPort) },
        base: { type: 'string', default: '/' },
        'no-build': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const port = /^\d+$/.test(values.port) ? Number(values.port) : 0;
    if (port < 1 || port > 65_535) throw new Error(`"${values.port}" is not a port.`);
    const { base } = values;
    if (!/^\/(?:[\w.~-]+\/)*$/.test(base)) {
      throw new Error(`"${base}" is not a path that begins and ends with a slash.`);
    }
    return { port, base, build: !values['no-build'], help: values.help };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

async function checkPortIsFree(/** @type {number} */ port) {
  // `localhost` is one of these two, and the browser tries both.
  for (const host of ['127.0.0.1', '::1']) {
    const code = await listenError(port, host);
    if (code === 'EADDRINUSE') {
      fail(
        `Port ${port} is taken by another program.\n` +
          `Choose another one: npm start -- --port ${port < 65_535 ? port + 1 : port - 1}`,
      );
    }
    if (code === 'EACCES') {
      fail(
        `Port ${port} may not be used by this account.\nChoose another one: npm start -- --port ${defaultPort}`,
      );
    }
    // Anything else, such as a machine without IPv6, is for the server to find out.
  }
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<string | undefined>} the error's code
 */
function listenError(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** @param {{ port: number, base: string, build: boolean }} options */
async function serve({ port, base, build }) {
  // A NODE_ENV left over in the shell would put React's development build into dist/.
  process.env.NODE_ENV = 'production';
  const vite = await import('vite');

  if (build) {
    console.log('Building ...');
    await vite
      .build({ root, logLevel: 'warn' })
      .catch((error) => fail(`The build failed: ${error.message}`));
  } else if (!existsSync(path.join(root, 'dist', 'index.html'))) {
    fail('There is no build in dist/ yet: npm run build');
  }

  const server = await vite.preview({
    root,
    // The build itself fits every path: its addresses are relative.
    base,
    logLevel: 'warn',
    preview: { port, strictPort: true },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP'])) {
    process.once(signal, () => server.close().finally(() => process.exit(0)));
  }
  const url = server.resolvedUrls?.local[0] ?? `http://localhost:${port}${base}`;
  const response = await fetch(url);
  if (!response.ok) fail(`${url} answers with status ${response.status}.`);
  console.log(`\nCrossrank is running: ${url}\nStop it with Ctrl+C.`);
}
