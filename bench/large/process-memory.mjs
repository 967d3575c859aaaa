// Memory of a process and all its descendants, as Linux counts it.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * @typedef {object} MemoryWatch
 * @property {() => number | null} now bytes at this moment; null where it cannot be measured
 * @property {() => Promise<number | null>} settled the least of a second: what stays in use
 * @property {() => void} start begins to look for a peak
 * @property {() => number | null} stop the most since `start`
 */

/**
 * Watches the memory of a process tree: the sum of what each process has for itself and of shared
 * memory (RssAnon and RssShmem), without mapped files such as programs. Memory that two processes
 * share counts in both. Linux only: elsewhere every answer is null.
 *
 * The kernel keeps these two as counters. The proportional set size (PSS) would count what is
 * shared once, but each look at it walks all pages: 75 ms for a process of 1.5 GB, in which that
 * process waits for its next page, so that ten looks a second make a load several times slower.
 * @param {number | null} pid of the tree's root; null: not known
 * @param {number} [everyMs] between two looks
 * @returns {MemoryWatch}
 */
export function watchMemory(pid, everyMs = 100) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {number | null} */
  let peak = null;
  const now = () => (pid === null ? null : treeBytes(pid));
  const look = () => {
    const bytes = now();
    if (bytes !== null) peak = Math.max(peak ?? 0, bytes);
  };
  return {
    now,
    settled: async () => {
      let least = now();
      for (let look = 0; look < 10; look++) {
        await wait(100);
        const bytes = now();
        if (bytes !== null) least = Math.min(least ?? bytes, bytes);
      }
      return least;
    },
    start: () => {
      clearInterval(timer);
      peak = null;
      look();
      timer = setInterval(look, everyMs);
    },
    stop: () => {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

/**
 * The process with this text in its command line, of those that descend from this one; null where
 * there is none or the system has no /proc.
 * @param {string} text
 * @returns {number | null}
 */
export function findDescendant(text) {
  const found = [...descendantsOf(process.pid)].filter((pid) =>
    readProc(pid, 'cmdline').includes(text),
  );
  // The browser starts its helpers with the same text, later and below itself.
  return found.length === 0 ? null : Math.min(...found);
}

/**
 * Null where nothing can be read: not Linux, or the processes have ended.
 * @param {number} root
 */
function treeBytes(root) {
  let kilobytes = 0;
  for (const pid of descendantsOf(root)) {
    const status = readProc(pid, 'status');
    for (const [, count] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)) {
      kilobytes += Number(count);
    }
  }
  return kilobytes === 0 ? null : kilobytes * 1024;
}

/** The process itself among them. */
function descendantsOf(/** @type {number} */ root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const pid of processes()) {
    // The name in brackets may hold anything; the parent is the second field behind it.
    const parent = Number(/\) \S (\d+) /.exec(readProc(pid, 'stat'))?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = new Set([root]);
  for (const pid of tree) for (const child of children.get(pid) ?? []) tree.add(child);
  return tree;
}

function processes() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * Empty for a process that has ended.
 * @param {number} pid
 * @param {string} file
 */
function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
