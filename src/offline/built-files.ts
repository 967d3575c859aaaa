import type { GpuRuntime } from './offline-messages.ts';

/** One file of the build, as the build lists it. */
export interface BuiltFile {
  /** Relative to the folder of the page. */
  readonly url: string;
  /** Changes with the content; null where the name does so by itself. */
  readonly revision: string | null;
  /** SHA-256 of the content as `integrity` attributes have it: `sha256-` and base64. */
  readonly integrity: string;
  readonly bytes: number;
}

/** Where the build puts the files whose names change with their content. */
export const assetsFolder = 'assets/';

/** Name of the page's file in the list; its revision is the version of the whole build. */
const pageUrl = 'index.html';

/** The page itself. @throws Error where the build lists none. */
export function pageOf(files: readonly BuiltFile[]): BuiltFile {
  const page = files.find(({ url }) => url === pageUrl);
  if (page === undefined) throw new Error('The list of files names no page.');
  return page;
}

/**
 * What one browser needs without a network, in the order of need: the page and its scripts before
 * the model, and the runtime's big files last. Of the runtime's builds for WebGPU it is the one
 * that this browser uses.
 */
export function filesFor(files: readonly BuiltFile[], gpu: GpuRuntime): readonly BuiltFile[] {
  const needed = files.filter(({ url }) => isNeeded(url, gpu));
  return needed.sort((one, other) => turnOf(one.url) - turnOf(other.url));
}

/** The page and what it names: enough to open it. */
export function shellOf(files: readonly BuiltFile[], html: string): readonly BuiltFile[] {
  const named = new Set(
    Array.from(html.matchAll(/ (?:src|href)="([^"#?]+)"/gu), ([, url = '']) =>
      url.replace(/^\.\//u, ''),
    ),
  );
  // With an absolute base the page names `/base/assets/...`.
  return files.filter(
    ({ url }) => named.has(url) || [...named].some((one) => one.endsWith(`/${url}`)),
  );
}

function isNeeded(url: string, gpu: GpuRuntime): boolean {
  if (/\.asyncify-[^/]*\.wasm$/u.test(url)) return gpu === 'asyncify';
  if (/\.jspi-[^/]*\.wasm$/u.test(url)) return gpu === 'suspending';
  return true;
}

function turnOf(url: string): number {
  if (url === pageUrl) return 0;
  if (/\.(?:m?js|css)$/u.test(url)) return 1;
  return url.endsWith('.wasm') ? 3 : 2;
}
