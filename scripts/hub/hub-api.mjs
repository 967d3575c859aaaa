// The hub's listing API: https://huggingface.co/docs/hub/api

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { foldersOf } from './hub-files.mjs';

/** @typedef {import('./hub-files.mjs').HubFile} HubFile */
/** @typedef {import('./hub-catalog.mjs').Repository} Repository */
/**
 * @typedef {{ type: 'directory', oid: string, size: 0, path: string }
 *   | { type: 'file', oid: string, size: number, path: string,
 *       lfs?: { oid: string, size: number, pointerSize: number } }} TreeEntry
 */

/** Entries of one page where the request says nothing; the hub's own number. */
const defaultLimit = 1000;

/**
 * The body of `/api/models/{repo}/revision/{revision}`.
 * @param {Repository} repository
 * @param {boolean} blobs sizes and hashes of the files, too (`?blobs=true`)
 */
export async function describeModel({ id, folder, gated, commit, files }, blobs) {
  const card = await readCard(folder);
  const modelType = await readModelType(folder);
  const library = card.library_name?.[0] ?? 'transformers.js';
  const pipeline = card.pipeline_tag?.[0] ?? 'text-classification';
  const [license] = card.license ?? [];
  const languages = card.language ?? [];
  return {
    id,
    modelId: id,
    sha: commit,
    private: false,
    gated: gated ? 'manual' : false,
    disabled: false,
    library_name: library,
    pipeline_tag: pipeline,
    tags: [
      library,
      'onnx',
      ...(modelType === null ? [] : [modelType]),
      pipeline,
      ...languages,
      ...(license === undefined ? [] : [`license:${license}`]),
    ],
    // Absent without a card, as on the hub.
    ...(Object.keys(card).length === 0
      ? {}
      : { cardData: { license, language: languages.length === 1 ? languages[0] : languages } }),
    siblings: files.map((file) => (blobs ? describeBlob(file) : { rfilename: file.path })),
  };
}

/**
 * One page of `/api/models/{repo}/tree/{revision}/{below}`; null where there is no such folder.
 * @param {Repository} repository
 * @param {string} below a folder; empty for the root
 * @param {URLSearchParams} query recursive, limit, cursor
 * @returns {{ entries: TreeEntry[], nextCursor: string | null } | null}
 */
export function listTree({ files }, below, query) {
  const prefix = below === '' ? '' : `${below}/`;
  /** @type {TreeEntry[]} */
  const all = [
    ...foldersOf(files).map((folder) => ({
      type: /** @type {const} */ ('directory'),
      oid: folder.oid,
      size: /** @type {const} */ (0),
      path: folder.path,
    })),
    ...files.map(describeFile),
  ];
  const listed = all.filter(
    (entry) =>
      entry.path.startsWith(prefix) &&
      (query.get('recursive') === 'true' || !entry.path.slice(prefix.length).includes('/')),
  );
  if (listed.length === 0 && below !== '') return null;
  const limit = Number(query.get('limit') ?? defaultLimit);
  const start = Number(Buffer.from(query.get('cursor') ?? '', 'base64url').toString());
  const end = start + limit;
  return {
    entries: listed.slice(start, end),
    nextCursor: end < listed.length ? Buffer.from(String(end)).toString('base64url') : null,
  };
}

/**
 * @param {HubFile} file
 * @returns {TreeEntry}
 */
function describeFile({ path, bytes, lfs, sha256, oid, pointerBytes }) {
  return {
    type: 'file',
    oid,
    size: bytes,
    path,
    ...(lfs ? { lfs: { oid: sha256, size: bytes, pointerSize: pointerBytes } } : {}),
  };
}

/** @param {HubFile} file */
function describeBlob({ path, bytes, lfs, sha256, oid, pointerBytes }) {
  return {
    rfilename: path,
    blobId: oid,
    size: bytes,
    ...(lfs ? { lfs: { sha256, size: bytes, pointerSize: pointerBytes } } : {}),
  };
}

/**
 * The first lines of README.md: `key: value`, or `key:` and lines of `- value`. That is the part of
 * YAML that the fixtures use.
 * @param {string} folder
 * @returns {Promise<Partial<Record<string, string[]>>>}
 */
async function readCard(folder) {
  const text = await readFile(path.join(folder, 'README.md'), 'utf8').catch(() => '');
  const [, matter = ''] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text) ?? [];
  /** @type {Record<string, string[]>} */
  const card = {};
  let key = '';
  for (const line of matter.split(/\r?\n/)) {
    const [, name, value = ''] = /^([a-z_]+):\s*(.*)$/.exec(line) ?? [];
    const [, listed] = /^\s*-\s+(.+)$/.exec(line) ?? [];
    if (name !== undefined) {
      key = name;
      card[key] = value === '' ? [] : [value];
    } else if (listed !== undefined) card[key]?.push(listed);
  }
  return card;
}

/**
 * @param {string} folder
 * @returns {Promise<string | null>}
 */
async function readModelType(folder) {
  try {
    const config = JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8'));
    return typeof config.model_type === 'string' ? config.model_type : null;
  } catch {
    // A repository without a readable config is served, too.
    return null;
  }
}
