import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PluginOption, ResolvedConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import type { BuiltFile } from '../../src/offline/built-files.ts';

/** No file of the app is as large: the largest are the runtime's wasm. */
const mostFileBytes = 2 ** 26;

/**
 * Builds the service worker into the root of the output, with the list of all files of the build,
 * each with its size and SHA-256, and names the build's version to the page (`<meta name="version">`).
 */
export function offlineBuild(): PluginOption[] {
  let config: ResolvedConfig | null = null;
  let version = '';
  const read = (url: string): Buffer => {
    if (config === null) throw new Error('The build has not begun.');
    return readFileSync(path.resolve(config.root, config.build.outDir, url));
  };
  return [
    {
      name: 'crossrank:version',
      apply: 'build',
      configResolved: (resolved) => {
        config = resolved;
      },
      transformIndexHtml: {
        // Last: the names of all scripts are in it by then, and they change with their content.
        order: 'post',
        handler: (html) => {
          const hash = createHash('sha256').update(html);
          for (const file of publicFiles(config?.publicDir ?? '')) hash.update(readFileSync(file));
          version = hash.digest('hex').slice(0, 16);
          const attrs = { name: 'version', content: version };
          return [{ tag: 'meta', attrs, injectTo: 'head' }];
        },
      },
    },
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/offline',
      filename: 'service-worker.ts',
      // It is registered by the page's own code, and the web manifest is a file of its own.
      injectRegister: false,
      manifest: false,
      injectManifest: {
        rollupFormat: 'iife',
        target: 'es2022',
        globPatterns: ['**/*'],
        // For people, not for the app.
        globIgnores: ['**/README.md'],
        maximumFileSizeToCacheInBytes: mostFileBytes,
        manifestTransforms: [
          (entries) => ({
            manifest: entries.map((entry) => {
              const { url, revision, size } = entry;
              const integrity = `sha256-${createHash('sha256').update(read(url)).digest('base64')}`;
              // The page's revision is the version of the whole.
              const changes = url === 'index.html' ? version : revision;
              const file: BuiltFile = { url, revision: changes, integrity, bytes: size };
              return { ...file, size };
            }),
          }),
        ],
      },
    }),
  ];
}

function publicFiles(folder: string): readonly string[] {
  if (folder === '') return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
