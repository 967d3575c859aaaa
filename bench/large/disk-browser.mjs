// A Chromium that keeps its storage on disk, as a user's does. Playwright's ordinary contexts are
// private windows: there, files of hundreds of megabytes would be kept in memory.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { chromiumFlags, ensureChromium } from '../../scripts/chromium.mjs';
import { root } from '../../scripts/packages.mjs';
import { findDescendant } from './process-memory.mjs';

/**
 * @typedef {object} DiskBrowser
 * @property {import('@playwright/test').BrowserContext} context
 * @property {string} version
 * @property {number | null} pid of the browser's first process; null where there is no /proc
 * @property {() => Promise<void>} close also deletes what it kept
 */

/** Models, packages and profiles of the measurements; part of no build and of no commit. */
const cacheFolder = path.join(root, 'node_modules', '.cache', 'crossrank-large');

/**
 * @param {readonly string[]} [flags] besides those of all tests
 * @param {'allow' | 'block'} [serviceWorkers] default `block`: keeping 40 MB for offline use would
 *   be measured, too
 * @returns {Promise<DiskBrowser>}
 */
export async function openDiskBrowser(flags = [], serviceWorkers = 'block') {
  mkdirSync(cacheFolder, { recursive: true });
  // Not in the system's folder for temporary files: on many machines that one is memory.
  const profile = mkdtempSync(path.join(cacheFolder, 'profile-'));
  const forget = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: ensureChromium(),
      args: [...chromiumFlags, ...flags],
      serviceWorkers,
    });
    return {
      context,
      version: context.browser()?.version() ?? 'unknown',
      pid: findDescendant(`--user-data-dir=${profile}`),
      close: async () => {
        await context.close();
        forget();
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}
