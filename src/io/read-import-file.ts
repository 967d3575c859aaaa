import { checkAborted } from '../models/abort.ts';
import { readBytes } from './decode-text.ts';
import { findBinaryContent } from './import-binary.ts';
import { maxBytesOf, writeLimit } from './import-limits.ts';
import { takeSample } from './import-sample.ts';
import { readSource } from './import-source.ts';
import type { ImportFile, ImportSink, Interpretation, ReadingCall } from './import-types.ts';
import { WatchedSink } from './import-watch.ts';
import { completeInterpretation } from './recognise-file.ts';

/**
 * Reads a whole file as it is interpreted and hands what it holds to the sink, with every problem
 * and its place. What the interpretation leaves open is guessed, as in the preview. A file that is
 * not included is not read. Files of lines are never in memory as a whole.
 *
 * A file that cannot be used at all is a problem of severity `file`: too large (told by its size,
 * before anything is read; `subject` is the limit), binary (`subject` is what it seems to be),
 * broken or differently shaped JSON, or a needed column that is not chosen. Where that shows only
 * later, records may have been handed over before.
 * @throws RerankError `aborted`; `file-unreadable` if the browser cannot read it; `invalid-request`
 * for a collection, which is restored as a whole elsewhere
 */
export async function readImportFile(
  file: ImportFile,
  interpretation: Interpretation,
  sink: ImportSink,
  call: ReadingCall = {},
): Promise<void> {
  const { path, blob } = file;
  checkAborted(call.signal);
  if (!interpretation.included) return;
  const limit = maxBytesOf(interpretation.format);
  if (blob.size > limit) {
    sink.problem('too-large', 'file', { path, subject: writeLimit(limit) });
    return;
  }
  const { format, encoding } = interpretation;
  const head = await readBytes(blob.slice(0, headBytes), path);
  const binary = findBinaryContent(head, encoding === 'utf-16le' || encoding === 'utf-16be');
  if (binary !== null) {
    const subject = binary.name === undefined ? {} : { subject: binary.name };
    sink.problem('binary', 'file', { path, ...subject });
    return;
  }
  let choice = interpretation;
  if (isOpen(interpretation)) {
    const sample = await takeSample(file, encoding, format === 'json', call);
    choice = completeInterpretation(sample, interpretation).interpretation;
  }
  let told = 0;
  const onProgress = (readBytes: number): void => {
    told = readBytes;
    call.onProgress?.(readBytes);
  };
  const watched = new WatchedSink(sink);
  const source = { path, blob, partial: false };
  await readSource(source, choice, watched, { signal: call.signal, onProgress });
  if (watched.isSilent) sink.problem('nothing-found', 'note', { path });
  if (told < blob.size) call.onProgress?.(blob.size);
}

const headBytes = 64 * 2 ** 10;

/** Whether something is left to guess. */
function isOpen({ format, role, fields, layout, delimiter, hasHeader }: Interpretation): boolean {
  switch (format) {
    case 'json':
    case 'jsonl':
      return role === undefined || fields === undefined;
    case 'delimited':
      return [role, fields, delimiter, hasHeader].includes(undefined);
    case 'plain-text':
      return layout === undefined;
    default:
      return false;
  }
}
