// The repositories of a hub and what became of their files.

import { commitOf, listFiles, replaceContent } from './hub-files.mjs';

/** @typedef {import('./hub-files.mjs').HubFile} HubFile */
/**
 * @typedef {object} Repository
 * @property {string} id `owner/name`
 * @property {string} folder on disk
 * @property {boolean} gated
 * @property {string} commit the one that was asked for; the newest for `main`
 * @property {readonly HubFile[]} files sorted by path
 */
/** @typedef {ReturnType<typeof createCatalog>} Catalog */

/** The one branch. */
export const branch = 'main';

/**
 * Reads the folders anew for each request: files may be added, removed and written while it runs.
 * @param {import('./serve-hub.mjs').HubOptions} options
 * @param {(pathname: string) => { content?: string } | null} changeOf
 */
export function createCatalog({ models, revision, lfs = [], gated = {} }, changeOf) {
  /**
   * @param {string} id
   * @param {string} asked revision
   * @param {readonly HubFile[]} files
   */
  const withChanges = (id, asked, files) =>
    Promise.all(
      files.map((file) => {
        const encoded = file.path.split('/').map(encodeURIComponent).join('/');
        const change = changeOf(`/${id}/resolve/${encodeURIComponent(asked)}/${encoded}`);
        return change === null ? file : replaceContent(file, change.content);
      }),
    );

  return {
    /**
     * Rejects when the folder can not be read.
     * @param {string} id
     * @param {string} asked a branch or commit
     * @returns {Promise<Repository | 'no such revision' | null>} null: no such repository
     */
    async open(id, asked) {
      const folder = Object.hasOwn(models, id) ? models[id] : undefined;
      if (folder === undefined) return null;
      const first = await listFiles(folder, lfs);
      const newest = await withChanges(id, branch, first);
      const firstCommit = revision ?? commitOf(first);
      const isChanged = newest.some((file, index) => file !== first[index]);
      const newestCommit = isChanged ? commitOf(newest) : firstCommit;
      if (asked !== branch && asked !== firstCommit && asked !== newestCommit) {
        return 'no such revision';
      }
      const isNewest = asked === branch || asked === newestCommit;
      const commit = isNewest ? newestCommit : asked;
      const files = isNewest ? newest : await withChanges(id, asked, first);
      return { id, folder, gated: Object.hasOwn(gated, id), commit, files };
    },
  };
}
