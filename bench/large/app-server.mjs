// The production build of the app, served as `npm start` does.

import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../../scripts/packages.mjs';
import { findFreePort } from './static-server.mjs';

/**
 * Builds the app and serves it on a free port.
 * @param {string} [servedAt] address of an app that runs already: then this only gives it back
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startApp(servedAt) {
  if (servedAt !== undefined) return { url: servedAt, close: () => {} };
  const port = await findFreePort();
  const url = `http://localhost:${port}/`;
  const child = spawn(process.execPath, ['scripts/start.mjs', '--port', String(port)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const close = () => child.kill('SIGINT');
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error('The app could not be built or served; see above.');
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return { url, close };
    await wait(500);
  }
  close();
  throw new Error('The app did not answer within three minutes.');
}
