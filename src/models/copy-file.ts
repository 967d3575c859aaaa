import { RerankError } from '../core/errors.ts';
import { checkAborted } from './abort.ts';
import type { FileSink } from './file-store.ts';
import { HashingWriter } from './hashing-writer.ts';
import type { ImportedFile } from './imported-file.ts';
import { startSha256 } from './sha256.ts';
import type { ModelManifest } from './stored-model.ts';

/** Copies a file from disk and gives its SHA-256. */
export async function copyFile(
  file: ImportedFile,
  sink: FileSink,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
): Promise<string> {
  const wrongSize = (found: string): RerankError =>
    new RerankError(
      'model-corrupt',
      `${file.path} has ${found} where ${file.bytes} bytes were announced. Copy it again.`,
    );
  const writer = await HashingWriter.restart(sink);
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      checkAborted(signal);
      if (done) break;
      if (writer.bytes + value.length > file.bytes) throw wrongSize('more bytes');
      await writer.add(value);
      report(writer.bytes);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
  if (writer.bytes !== file.bytes) throw wrongSize(`${writer.bytes} bytes`);
  return await writer.finish();
}

/**
 * Start of a hash of what scores depend on: the weights, and how texts are read. Where none of that
 * is there, of all files.
 */
export async function revisionOf(files: ModelManifest['files']): Promise<string> {
  const scoring = files.filter(({ path }) => weightsFile.test(path) || readingFile.test(path));
  const told = scoring.length === 0 ? files : scoring;
  const lines = told.map(({ path, sha256 }) => `${sha256} ${path}\n`).sort();
  const hash = await startSha256();
  hash.update(new TextEncoder().encode(lines.join('')));
  return hash.digest().slice(0, 12);
}

const weightsFile = /\.onnx(?:_data(?:_\d+)?|\.data)?$/u;
const readingFile = /(?:^|\/)(?:config|tokenizer|tokenizer_config|special_tokens_map)\.json$/u;
