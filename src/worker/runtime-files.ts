/** A file that a runtime is started from. */
export interface RuntimeFile {
  /** On this origin. */
  readonly url: string;
  readonly kind: 'module' | 'wasm';
}

/**
 * Finds out whether a runtime did not start because of its files: each is fetched again, past the
 * browser's cache, so that a copy there that was damaged is replaced by a sound one.
 * @param reason what the runtime said
 * @returns in English: which file, what is wrong with it and what to do; null where the files are
 *   sound and the runtime did not complain of them
 */
export async function explainFiles(
  files: readonly RuntimeFile[],
  reason: string,
): Promise<string | null> {
  for (const file of files) {
    const fault = await faultOf(file);
    if (fault !== null) return `${nameOf(file)}, a part of ONNX Runtime, ${fault}`;
  }
  if (!complainsOfFiles.test(reason)) return null;
  return `A file of ONNX Runtime could not be read, and can be now: run again. (${reason})`;
}

/** What browsers and Emscripten say of a script or a wasm file that is not what it should be. */
const complainsOfFiles =
  /dynamically imported module|module script|fetching of the wasm|CompileError|LinkError|Failed to fetch|magic word/i;

async function faultOf({ url, kind }: RuntimeFile): Promise<string | null> {
  let response: Response;
  let bytes: ArrayBuffer;
  try {
    response = await fetch(url, { cache: 'reload' });
    bytes = await response.arrayBuffer();
  } catch (error) {
    return (
      `could not be fetched (${String(error)}). Check the connection and run again: offline only ` +
      'works with what was kept on an earlier visit.'
    );
  }
  if (!response.ok) {
    return `is missing: the site answered HTTP ${response.status}. Reload the page and run again.`;
  }
  const type = response.headers.get('content-type') ?? 'no type';
  if (/html/i.test(type)) {
    return 'is not there: the site answered with a web page in its place. Reload the page and run again.';
  }
  if (kind === 'module') {
    if (/javascript|ecmascript/i.test(type)) return null;
    return `came as ${type}, which browsers do not run. The site has to send it as text/javascript.`;
  }
  if (WebAssembly.validate(bytes)) return null;
  const size = bytes.byteLength.toLocaleString('en');
  return `is damaged: its ${size} bytes are no WebAssembly. Reload the page and run again.`;
}

function nameOf({ url }: RuntimeFile): string {
  return new URL(url).pathname.split('/').at(-1) ?? url;
}
