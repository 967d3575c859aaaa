// Runs inside a worker of the browser: one job per worker, so that the next one begins with no
// memory of this one.

/**
 * The lib for pages, which all tools are checked with, lacks what only workers have.
 * @typedef {object} SyncAccess
 * @property {(target: Uint8Array<ArrayBuffer>, options: { at: number }) => number} read
 * @property {(source: Uint8Array<ArrayBuffer>, options: { at: number }) => number} write
 * @property {() => number} getSize
 * @property {() => void} flush
 * @property {() => void} close
 */
/** @typedef {FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> }} WorkerFile */
/**
 * @typedef {object} Sizes
 * @property {number} pieceBytes what comes from the network at once
 * @property {number} partBytes an entry of Cache Storage, where a file is kept in parts
 * @property {number} totalBytes a multiple of pieceBytes
 */
/**
 * @typedef {object} Outcome
 * @property {number} ms
 * @property {number} [firstMs] before the first byte could be written
 * @property {string} [error]
 */
/** @typedef {(sizes: Sizes) => Promise<Omit<Outcome, 'error'>>} Job */

const fileName = 'model.bin';
const cacheName = 'models';
const wholeUrl = '/kept/model.bin';

/** @type {Readonly<Record<string, Job>>} */
const jobs = {
  'opfs-sync-write': async (sizes) => {
    const startedAt = performance.now();
    const access = await (await file(true)).createSyncAccessHandle();
    await appendAll(access, piecesOf(sizes, 0));
    access.flush();
    access.close();
    return { ms: performance.now() - startedAt };
  },

  'opfs-writable-write': async (sizes) => {
    const startedAt = performance.now();
    const writable = await (await file(true)).createWritable();
    await piecesOf(sizes, 0).pipeTo(writable);
    return { ms: performance.now() - startedAt };
  },

  'cache-write': async (sizes) => {
    const startedAt = performance.now();
    const cache = await caches.open(cacheName);
    await cache.put(wholeUrl, responseOf(piecesOf(sizes, 0), sizes.totalBytes));
    return { ms: performance.now() - startedAt };
  },

  'cache-parts-write': async (sizes) => {
    const startedAt = performance.now();
    const cache = await caches.open(cacheName);
    await putParts(cache, sizes, 0);
    return { ms: performance.now() - startedAt };
  },

  'opfs-blob-read': async (sizes) => {
    const startedAt = performance.now();
    const kept = await (await file(false)).getFile();
    const bytes = await kept.arrayBuffer();
    return done(startedAt, bytes, sizes);
  },

  'opfs-sync-read': async (sizes) => {
    const startedAt = performance.now();
    const access = await (await file(false)).createSyncAccessHandle();
    const bytes = new Uint8Array(access.getSize());
    for (let at = 0; at < bytes.length; ) at += access.read(bytes.subarray(at), { at });
    access.close();
    return done(startedAt, bytes.buffer, sizes);
  },

  'opfs-sync-pieces': async (sizes) => {
    const startedAt = performance.now();
    const access = await (await file(false)).createSyncAccessHandle();
    const piece = new Uint8Array(sizes.pieceBytes);
    for (let at = 0; at < sizes.totalBytes; at += sizes.pieceBytes) {
      access.read(piece, { at });
      checkPiece(piece, 0, at / sizes.pieceBytes);
    }
    access.close();
    return { ms: performance.now() - startedAt };
  },

  'cache-read': async (sizes) => {
    const startedAt = performance.now();
    const response = await (await caches.open(cacheName)).match(wholeUrl);
    const bytes = await response?.arrayBuffer();
    return done(startedAt, bytes, sizes);
  },

  'cache-stream-read': async (sizes) => {
    const startedAt = performance.now();
    const response = await (await caches.open(cacheName)).match(wholeUrl);
    const bytes = new Uint8Array(sizes.totalBytes);
    const reader = response?.body?.getReader();
    for (let at = 0; reader !== undefined; ) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.set(value, at);
      at += value.length;
    }
    return done(startedAt, bytes.buffer, sizes);
  },

  'cache-parts-read': async (sizes) => {
    const startedAt = performance.now();
    const cache = await caches.open(cacheName);
    const bytes = new Uint8Array(sizes.totalBytes);
    for (let at = 0; at < sizes.totalBytes; at += sizes.partBytes) {
      const response = await cache.match(partUrl(at));
      bytes.set(new Uint8Array((await response?.arrayBuffer()) ?? []), at);
    }
    return done(startedAt, bytes.buffer, sizes);
  },

  // The second half of a file whose first half is here.
  'opfs-sync-append': async (sizes) => {
    const startedAt = performance.now();
    const access = await (await file(false)).createSyncAccessHandle();
    const firstMs = performance.now() - startedAt;
    await appendAll(access, piecesOf(sizes, access.getSize()));
    access.flush();
    access.close();
    return { ms: performance.now() - startedAt, firstMs };
  },

  'opfs-writable-append': async (sizes) => {
    const startedAt = performance.now();
    const handle = await file(false);
    const { size } = await handle.getFile();
    const writable = await handle.createWritable({ keepExistingData: true });
    await writable.seek(size);
    const firstMs = performance.now() - startedAt;
    await piecesOf(sizes, size).pipeTo(writable);
    return { ms: performance.now() - startedAt, firstMs };
  },

  'cache-parts-append': async (sizes) => {
    const startedAt = performance.now();
    const cache = await caches.open(cacheName);
    const kept = (await cache.keys()).length * sizes.partBytes;
    const firstMs = performance.now() - startedAt;
    await putParts(cache, sizes, kept);
    return { ms: performance.now() - startedAt, firstMs };
  },

  // Not measured: what the ones above begin with.
  'opfs-half': async (sizes) => {
    const access = await (await file(true)).createSyncAccessHandle();
    await appendAll(access, piecesOf({ ...sizes, totalBytes: halfOf(sizes) }, 0));
    access.close();
    return { ms: 0 };
  },
  'cache-parts-half': async (sizes) => {
    await putParts(await caches.open(cacheName), { ...sizes, totalBytes: halfOf(sizes) }, 0);
    return { ms: 0 };
  },
  clear: async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(fileName).catch(() => undefined);
    await caches.delete(cacheName);
    return { ms: 0 };
  },
};

addEventListener('message', async ({ data }) => {
  /** @type {{ job: string, sizes: Sizes }} */
  const { job, sizes } = data;
  try {
    const run = jobs[job];
    if (run === undefined) throw new Error(`There is no job "${job}".`);
    postMessage(await run(sizes));
  } catch (error) {
    postMessage({ ms: 0, error: `${job}: ${error}` });
  }
});

/**
 * @param {boolean} create
 * @returns {Promise<WorkerFile>}
 */
async function file(create) {
  const root = await navigator.storage.getDirectory();
  // In a worker a file handle has the method; see above.
  return /** @type {WorkerFile} */ (await root.getFileHandle(fileName, { create }));
}

/**
 * Random bytes from a place in the file on, piece by piece, as from a network. Each piece is an
 * array of its own and begins with its number.
 * @param {Sizes} sizes
 * @param {number} from
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
function piecesOf({ pieceBytes, totalBytes }, from) {
  const random = new Uint8Array(pieceBytes);
  const mostAtOnce = 65_536;
  for (let at = 0; at < pieceBytes; at += mostAtOnce) {
    crypto.getRandomValues(random.subarray(at, at + mostAtOnce));
  }
  let at = from;
  return new ReadableStream({
    pull(controller) {
      const piece = random.slice(0, Math.min(pieceBytes, totalBytes - at));
      new DataView(piece.buffer).setUint32(0, at / pieceBytes);
      controller.enqueue(piece);
      at += piece.length;
      if (at >= totalBytes) controller.close();
    },
  });
}

/**
 * @param {SyncAccess} access
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} pieces
 */
async function appendAll(access, pieces) {
  const reader = pieces.getReader();
  for (let at = access.getSize(); ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    at += access.write(value, { at });
  }
}

/**
 * @param {Cache} cache
 * @param {Sizes} sizes
 * @param {number} from
 */
async function putParts(cache, sizes, from) {
  for (let at = from; at < sizes.totalBytes; at += sizes.partBytes) {
    const end = Math.min(at + sizes.partBytes, sizes.totalBytes);
    const part = piecesOf({ ...sizes, totalBytes: end }, at);
    await cache.put(partUrl(at), responseOf(part, end - at));
  }
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {number} bytes
 */
function responseOf(body, bytes) {
  return new Response(body, { headers: { 'Content-Length': `${bytes}` } });
}

function partUrl(/** @type {number} */ at) {
  return `${wholeUrl}?at=${at}`;
}

/** Half of the parts, the last of which may be shorter. */
function halfOf(/** @type {Sizes} */ { totalBytes, partBytes }) {
  return Math.floor(totalBytes / partBytes / 2) * partBytes;
}

/**
 * @param {number} startedAt
 * @param {ArrayBuffer | undefined} bytes
 * @param {Sizes} sizes
 */
function done(startedAt, bytes, { pieceBytes, totalBytes }) {
  const ms = performance.now() - startedAt;
  if (bytes?.byteLength !== totalBytes) {
    throw new Error(`${bytes?.byteLength} bytes came back where ${totalBytes} were written.`);
  }
  const all = new Uint8Array(bytes);
  for (let at = 0; at < totalBytes; at += pieceBytes) checkPiece(all, at, at / pieceBytes);
  return { ms };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} at
 * @param {number} expected
 */
function checkPiece(bytes, at, expected) {
  const found = new DataView(bytes.buffer).getUint32(at);
  if (found !== expected) throw new Error(`Piece ${found} lies where ${expected} should.`);
}
