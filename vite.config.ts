import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import { bundledLicences } from './scripts/licences/bundled-licences.ts';
import { offlineBuild } from './scripts/offline/offline-build.ts';
import {
  contentSecurityPolicyFor,
  pagePolicy,
  responseHeaders,
} from './src/offline/response-headers.ts';

const licences = bundledLicences();

export default defineConfig({
  // Relative: one build for every host and every folder of one. `--base` sets another.
  base: './',
  plugins: [
    react(),
    metaContentSecurityPolicy(),
    previewContentSecurityPolicy(),
    licences.page,
    offlineBuild(),
  ],
  resolve: {
    // ONNX Runtime's builds that fetch their wasm, instead of those that carry a loader inside.
    conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
  },
  optimizeDeps: {
    // Pre-bundled, it would look for its wasm and its threads' script beside the bundle.
    exclude: ['onnxruntime-web'],
  },
  worker: { format: 'es', plugins: () => [licences.collector()] },
  build: {
    // The first with all that is used: AbortSignal.any, popovers, wasm threads, ES2022.
    target: ['chrome116', 'edge116', 'firefox128', 'safari17.4'],
    // A data: URL could be neither streamed nor checked, and the policy above refuses it.
    assetsInlineLimit: 0,
    // Every browser above preloads modules by itself.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What the first view needs is one file: views that are fetched later share parts of it, and
        // would have it cut into twenty, which compress worse.
        codeSplitting: {
          groups: [
            {
              debugName: 'page',
              name: (id, context) => (isOfFirstView(id, context) ? 'page' : null),
            },
          ],
        },
      },
    },
  },
  server: { host: 'localhost', headers: responseHeaders },
  preview: {
    host: 'localhost',
    port: 4173,
    strictPort: true,
    headers: responseHeaders,
  },
});

/** The part of the bundler's context that is used. */
interface ModuleGraph {
  getModuleInfo(
    id: string,
  ): { readonly importers: readonly string[]; readonly isEntry: boolean } | null;
}

/** Whether a module is imported, and not by `import()` alone, from the page's entry. */
function isOfFirstView(id: string, graph: ModuleGraph, seen: Set<string> = new Set()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = graph.getModuleInfo(id);
  if (info === null) return false;
  return info.isEntry || info.importers.some((importer) => isOfFirstView(importer, graph, seen));
}

/** Puts the policy into the built page, for hosts that set no headers. The dev server needs inline scripts. */
function metaContentSecurityPolicy(): Plugin {
  return {
    name: 'crossrank:meta-content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicy },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** A meta element binds the page only: as a header the policy binds each worker, too. */
function previewContentSecurityPolicy(): Plugin {
  return {
    name: 'crossrank:preview-content-security-policy',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use(({ url = '' }, response, next) => {
        const [path = ''] = url.split('?');
        response.setHeader('Content-Security-Policy', contentSecurityPolicyFor(path));
        next();
      });
    },
  };
}
