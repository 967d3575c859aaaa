// The built app, as `npm start` serves it.

import { preview } from 'vite';
import { root } from '../../scripts/packages.mjs';

/** Of benches alone: a page left running on another port is not measured by mistake. */
const port = 4196;

/**
 * @param {string} [servedAt] address of an app that is served already
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serveApp(servedAt) {
  if (servedAt !== undefined) return { url: servedAt, close: async () => undefined };
  const server = await preview({
    root,
    logLevel: 'warn',
    preview: { port, strictPort: true },
  });
  return { url: `http://localhost:${port}/`, close: () => server.close() };
}
