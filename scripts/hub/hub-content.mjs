// Bytes on their way out: ranges, and what a fault makes of them.

import { setTimeout as wait } from 'node:timers/promises';

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('./hub-faults.mjs').BytesPlan} BytesPlan */
/** @typedef {import('./hub-files.mjs').ReadBytes} ReadBytes */
/**
 * @typedef {object} Content
 * @property {number} bytes
 * @property {string} etag with its quotes
 * @property {string} type
 * @property {ReadBytes} read
 */
/**
 * A request that is being answered.
 * @typedef {object} Exchange
 * @property {import('node:http').IncomingMessage} request
 * @property {ServerResponse} response
 * @property {AbortSignal} closed aborts when the answer is out or the client has left
 * @property {(bytes: number) => void} onSent
 */

const mostPieceBytes = 2 ** 18;
const piecesPerSecond = 20;

/**
 * Answers GET and HEAD with a content: 200, 206 or 416.
 * @param {Exchange} exchange
 * @param {Content} content
 * @param {Record<string, string>} headers sent besides those that the content asks for
 * @param {BytesPlan} plan
 */
export async function sendContent(exchange, content, headers, plan) {
  const { request, response } = exchange;
  const size = plan.sizeOf(content.bytes);
  const range = plan.ignoreRange ? null : readRange(request.headers, size, content.etag);
  const base = {
    ...headers,
    'Content-Type': content.type,
    ETag: content.etag,
    ...(plan.ignoreRange ? {} : { 'Accept-Ranges': 'bytes' }),
  };
  if (range === 'outside') {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size };
  response.writeHead(range === null ? 200 : 206, {
    ...base,
    ...(plan.hideLength ? {} : { 'Content-Length': String(end - start) }),
    ...(range === null ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'HEAD') response.end();
  else await sendBytes(exchange, spoiltReader(content, plan), start, end, plan);
}

/**
 * The part asked for by `Range`, if `If-Range` allows it. Null: everything, also for a header that
 * is not understood (RFC 9110, 14.2) and for several ranges at once.
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @param {number} size
 * @param {string} etag
 * @returns {{ start: number, end: number } | 'outside' | null} `end` is exclusive
 */
function readRange(headers, size, etag) {
  const ifRange = headers['if-range'];
  if (ifRange !== undefined && ifRange !== etag) return null;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const bytes = Math.min(Number(last), size);
    return bytes === 0 ? 'outside' : { start: size - bytes, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'outside' : { start, end };
}

/**
 * @param {Content} content
 * @param {BytesPlan} plan
 * @returns {ReadBytes}
 */
function spoiltReader(content, plan) {
  if (!plan.invertMiddle) return content.read;
  const middle = Math.floor(content.bytes / 2);
  return async function* read(start, end) {
    let offset = start;
    for await (const piece of content.read(start, end)) {
      const from = offset;
      yield piece.map((byte, index) => (from + index === middle ? byte ^ 0xff : byte));
      offset += piece.length;
    }
  };
}

/**
 * @param {Exchange} exchange
 * @param {ReadBytes} read
 * @param {number} start
 * @param {number} end
 * @param {BytesPlan} plan
 */
async function sendBytes({ response, closed, onSent }, read, start, end, plan) {
  const lastByte = start + Math.min(plan.cutAfter, plan.stallAfter);
  const pieceBytes = Math.max(1, Math.min(mostPieceBytes, plan.bytesPerSecond / piecesPerSecond));
  response.flushHeaders();
  for await (const block of read(start, Math.min(end, lastByte))) {
    for (const piece of split(block, Math.floor(pieceBytes))) {
      if (!(await flush(response, piece, closed))) return;
      onSent(piece.length);
      // Rejects when the client has left; the next flush says so, too.
      const pauseMs = (piece.length / plan.bytesPerSecond) * 1000;
      if (pauseMs > 0) await wait(pauseMs, undefined, { signal: closed }).catch(() => {});
    }
  }
  if (lastByte >= end) response.end();
  else if (plan.cutAfter <= plan.stallAfter) await cut(response);
}

/**
 * @param {Uint8Array} block
 * @param {number} pieceBytes
 */
function* split(block, pieceBytes) {
  for (let offset = 0; offset < block.length; offset += pieceBytes) {
    yield block.subarray(offset, offset + pieceBytes);
  }
}

/**
 * @param {ServerResponse} response
 * @param {Uint8Array} piece
 * @param {AbortSignal} closed
 * @returns {Promise<boolean>} false when the client has left
 */
function flush(response, piece, closed) {
  return new Promise((resolve) => {
    const leave = () => resolve(false);
    if (closed.aborted) return leave();
    closed.addEventListener('abort', leave, { once: true });
    response.write(piece, (error) => {
      closed.removeEventListener('abort', leave);
      resolve(!error);
    });
  });
}

/**
 * What was written goes out first: a client sees the bytes before the cut.
 * @param {ServerResponse} response
 */
async function cut({ socket }) {
  if (socket === null) return;
  await new Promise((resolve) => socket.write('', resolve));
  socket.destroy();
}
