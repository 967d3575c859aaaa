// `node scripts/hub/serve-hub.mjs --help`: a hub on this machine, with the URLs, headers, redirects
// and refusals of https://huggingface.co, to load models without it. Tests switch on its faults.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allowOrigins } from './hub-answers.mjs';
import { branch, createCatalog } from './hub-catalog.mjs';
import { createFaults } from './hub-faults.mjs';
import { answer } from './hub-routes.mjs';

/** @typedef {import('./hub-faults.mjs').Faults} Faults */
/** @typedef {import('./hub-faults.mjs').HostName} HostName */
/**
 * @typedef {object} HubOptions
 * @property {Readonly<Record<string, string>>} models folder on disk by repository (`owner/name`)
 * @property {string} [revision] the commit of every repository; default: 40 digits made from its
 *   files. `main` and the commit can be asked for
 * @property {number} [port] default 0: any free one
 * @property {boolean} [api] the listing API; default true. A mirror may have none
 * @property {boolean} [redirect] LFS files come from a second server, that is from another origin,
 *   as the hub's CDN is one; default true
 * @property {readonly string[]} [lfs] paths of LFS files besides those of 10 MB and more and
 *   `.onnx`, `.onnx_data`
 * @property {Readonly<Record<string, string>>} [gated] token that is wanted, by repository
 */
/**
 * @typedef {object} HubRequest
 * @property {string} method
 * @property {HostName} host
 * @property {string} path without the query
 * @property {string} query with its question mark; empty where there is none
 * @property {string | null} range the header
 * @property {boolean} authorization whether there was such a header
 * @property {number} status 0 until the answer begins
 * @property {number} sentBytes of the file or listing; grows while it is sent
 */
/**
 * @typedef {object} Hub
 * @property {string} url `http://localhost:PORT`, what a hub's address is replaced with
 * @property {string} cdnUrl the second server
 * @property {Faults} faults
 * @property {readonly HubRequest[]} requests in the order in which they came, preflights too
 * @property {() => void} clearRequests
 * @property {number} openResponses answers that are neither complete nor left
 * @property {() => Promise<void>} close ends all sockets
 */

const help = `Serves models from folders as https://huggingface.co does, on http://localhost.

  node scripts/hub/serve-hub.mjs --model OWNER/NAME=FOLDER [options]

  --model OWNER/NAME=FOLDER  a model in Hugging Face layout; may be given several times
  --port N                   default: any free port
  --slow BYTES_PER_SECOND    of each answer; default: as fast as it goes
  --help                     show this

A model can be made by node scripts/models/generate.mjs FOLDER.`;

/**
 * Starts both servers. Rejects when a folder can not be read or the port is taken.
 * @param {HubOptions} options
 * @returns {Promise<Hub>}
 */
export async function startHub(options) {
  const faults = createFaults();
  const catalog = createCatalog(options, faults.changeOf);
  // Large files are hashed before the first request comes, not while it waits.
  for (const id of Object.keys(options.models)) await catalog.open(id, branch);

  /** @type {HubRequest[]} */
  const requests = [];
  let openResponses = 0;
  const urls = { hub: '', cdn: '' };

  /** @type {(host: HostName) => import('node:http').Server} */
  const serverOf = (host) =>
    createServer((request, response) => {
      const asked = `http://localhost${request.url}`;
      // What is no address is answered like an unknown one.
      const { pathname, search, searchParams } = new URL(
        URL.canParse(asked) ? asked : 'http://localhost/',
      );
      const entry = {
        method: request.method ?? '',
        host,
        path: pathname,
        query: search,
        range: request.headers.range ?? null,
        authorization: request.headers.authorization !== undefined,
        get status() {
          return response.headersSent ? response.statusCode : 0;
        },
        sentBytes: 0,
      };
      requests.push(entry);
      openResponses += 1;
      const closing = new AbortController();
      response.on('close', () => {
        openResponses -= 1;
        closing.abort();
      });
      allowOrigins(request, response, urls.hub);
      const onSent = (/** @type {number} */ bytes) => {
        entry.sentBytes += bytes;
      };
      const exchange = { request, response, closed: closing.signal, onSent };
      answer({ options, urls, catalog, faults }, host, exchange, pathname, searchParams).catch(
        (error) => {
          console.error(error);
          response.destroy();
        },
      );
    });

  const servers = { hub: serverOf('hub'), cdn: serverOf('cdn') };
  urls.hub = await listen(servers.hub, options.port ?? 0);
  urls.cdn = await listen(servers.cdn, 0);
  return {
    url: urls.hub,
    cdnUrl: urls.cdn,
    faults: { add: faults.add, clear: faults.clear },
    requests,
    clearRequests: () => {
      requests.length = 0;
    },
    get openResponses() {
      return openResponses;
    },
    close: async () => {
      await Promise.all([shut(servers.hub), shut(servers.cdn)]);
    },
  };
}

/**
 * @param {import('node:http').Server} server
 * @param {number} port
 * @returns {Promise<string>} its URL
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    // Browsers look both addresses of `localhost` up; other machines are not served.
    server.listen({ port, host: 'localhost' }, () => {
      const address = server.address();
      // It is text for pipes and null before it listens: neither is the case here.
      resolve(`http://localhost:${typeof address === 'object' ? address?.port : address}`);
    });
  });
}

/** @param {import('node:http').Server} server */
function shut(server) {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

async function main() {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', multiple: true, default: [] },
      port: { type: 'string', default: '0' },
      slow: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  if (values.model.length === 0) throw new Error('At least one --model is wanted.');
  const models = Object.fromEntries(values.model.map(readModelOption));
  const port = whole('port', values.port, 0, 65_535);
  const bytesPerSecond =
    values.slow === undefined ? null : whole('slow', values.slow, 1, Number.MAX_SAFE_INTEGER);
  const hub = await startHub({ models, port });
  if (bytesPerSecond !== null) hub.faults.add({ match: '', kind: 'slow', bytesPerSecond });
  console.log(`The hub is at ${hub.url} and serves ${Object.keys(models).join(', ')}.`);
  console.log('Paste that address where the app asks for a mirror. Ctrl+C ends it.');
}

/** @param {string} option */
function readModelOption(option) {
  const [, id, folder] = /^([^/=]+\/[^/=]+)=(.+)$/.exec(option) ?? [];
  if (id !== undefined && folder !== undefined) return [id, folder];
  throw new Error(`--model is OWNER/NAME=FOLDER, not ${option}.`);
}

/**
 * @param {string} option
 * @param {string} value
 * @param {number} least
 * @param {number} most
 */
function whole(option, value, least, most) {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`--${option} is a whole number from ${least} to ${most}, not ${value}.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    console.error('See node scripts/hub/serve-hub.mjs --help');
    process.exitCode = 1;
  });
}
