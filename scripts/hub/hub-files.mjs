// The files of a folder as the hub knows them: hashes of Git and of Git LFS, and a commit.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** @typedef {(start: number, end: number) => AsyncIterable<Uint8Array>} ReadBytes `end` is exclusive */
/**
 * @typedef {object} HubFile
 * @property {string} path inside the repository, `/` between parts
 * @property {number} bytes
 * @property {boolean} lfs kept by Git LFS: the hub sends one to its CDN for it
 * @property {string} sha256 of the content
 * @property {string} oid Git's hash of what Git keeps: the content, or the pointer of an LFS file
 * @property {number} pointerBytes size of the LFS pointer; 0 where there is none
 * @property {ReadBytes} read
 */
/**
 * @typedef {object} HubFolder
 * @property {string} path
 * @property {string} oid
 */

/** What the hub's own `.gitattributes` and its upload client put into LFS. */
const leastLfsBytes = 10_000_000;
const lfsNames = /\.onnx(_data)?$/;
/** Left behind by Git and by the hub's command line; no part of a repository. */
const ignoredFolders = new Set(['.git', '.cache']);

/** @type {Map<string, Promise<{ sha256: string, blob: string }>>} */
const hashes = new Map();

/**
 * Lists a folder recursively, sorted by path. Hashing reads each file once as long as it stays the
 * same, as a stream. Symbolic links are followed, as the hub's own cache consists of them.
 * @param {string} folder
 * @param {readonly string[]} lfsPaths files that are LFS files whatever their size
 * @returns {Promise<HubFile[]>}
 */
export async function listFiles(folder, lfsPaths) {
  /** @type {HubFile[]} */
  const files = [];
  for (const relative of await walk(folder, '')) {
    const disk = path.join(folder, relative);
    const { size, mtimeMs } = await stat(disk);
    const lfs = size >= leastLfsBytes || lfsNames.test(relative) || lfsPaths.includes(relative);
    const key = `${path.resolve(disk)}\0${mtimeMs}\0${size}`;
    files.push(await describe(relative, size, lfs, key, readerOf(disk)));
  }
  return files;
}

/**
 * The same file after a new upload: other bytes and therefore other hashes.
 * @param {HubFile} file
 * @param {string | undefined} content default: every byte inverted
 * @returns {Promise<HubFile>}
 */
export function replaceContent(file, content) {
  if (content === undefined) {
    const key = `${file.sha256} inverted`;
    return describe(file.path, file.bytes, file.lfs, key, (start, end) =>
      invert(file.read(start, end)),
    );
  }
  const bytes = Buffer.from(content);
  return describe(file.path, bytes.length, file.lfs, `text ${content}`, readerOfBytes(bytes));
}

/**
 * @param {Uint8Array} bytes
 * @returns {ReadBytes}
 */
export function readerOfBytes(bytes) {
  return async function* read(start, end) {
    yield bytes.subarray(start, end);
  };
}

/**
 * A hash of 40 digits that differs when a file differs.
 * @param {readonly HubFile[]} files
 */
export function commitOf(files) {
  return sha1(files.map(({ path, oid }) => `${oid} ${path}\n`).join(''));
}

/**
 * All folders above the files, sorted by path.
 * @param {readonly HubFile[]} files
 * @returns {HubFolder[]}
 */
export function foldersOf(files) {
  /** @type {Set<string>} */
  const paths = new Set();
  for (const file of files) {
    const parts = file.path.split('/').slice(0, -1);
    for (const index of parts.keys()) paths.add(parts.slice(0, index + 1).join('/'));
  }
  return [...paths].toSorted().map((folder) => ({
    path: folder,
    oid: commitOf(files.filter((file) => file.path.startsWith(`${folder}/`))),
  }));
}

/**
 * @param {string} folder
 * @param {string} below
 * @returns {Promise<string[]>}
 */
async function walk(folder, below) {
  const names = await readdir(path.join(folder, below));
  /** @type {string[]} */
  const found = [];
  for (const name of names) {
    const relative = below === '' ? name : `${below}/${name}`;
    const isFolder = (await stat(path.join(folder, relative))).isDirectory();
    if (!isFolder) found.push(relative);
    else if (!ignoredFolders.has(name)) found.push(...(await walk(folder, relative)));
  }
  return found.toSorted();
}

/**
 * @param {string} file
 * @param {number} bytes
 * @param {boolean} lfs
 * @param {string} key what the hashes are remembered by
 * @param {ReadBytes} read
 * @returns {Promise<HubFile>}
 */
async function describe(file, bytes, lfs, key, read) {
  const hashing = hashes.get(key) ?? hash(bytes, read);
  hashes.set(key, hashing);
  hashing.catch(() => hashes.delete(key));
  const { sha256, blob } = await hashing;
  if (!lfs) return { path: file, bytes, lfs, sha256, oid: blob, pointerBytes: 0, read };
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes}\n`;
  const oid = sha1(`blob ${pointer.length}\0${pointer}`);
  return { path: file, bytes, lfs, sha256, oid, pointerBytes: pointer.length, read };
}

/**
 * @param {number} bytes
 * @param {ReadBytes} read
 */
async function hash(bytes, read) {
  const sha256 = createHash('sha256');
  const blob = createHash('sha1').update(`blob ${bytes}\0`);
  for await (const piece of read(0, bytes)) {
    sha256.update(piece);
    blob.update(piece);
  }
  return { sha256: sha256.digest('hex'), blob: blob.digest('hex') };
}

/**
 * @param {string} disk
 * @returns {ReadBytes}
 */
function readerOf(disk) {
  return async function* read(start, end) {
    // A read stream's own end is inclusive, so it cannot say "nothing".
    if (start >= end) return;
    yield* createReadStream(disk, { start, end: end - 1, highWaterMark: 2 ** 18 });
  };
}

/**
 * @param {AsyncIterable<Uint8Array>} pieces
 * @returns {AsyncIterable<Uint8Array>}
 */
async function* invert(pieces) {
  for await (const piece of pieces) yield piece.map((byte) => byte ^ 0xff);
}

/** @param {string} text */
function sha1(text) {
  return createHash('sha1').update(text).digest('hex');
}
