import { readCollectionHeader } from './collection-file.ts';
import { maxBytesOf, writeLimit } from './import-limits.ts';
import { PreviewSink } from './import-preview-sink.ts';
import { type FileSample, sampleBytes, takeSample } from './import-sample.ts';
import { readSource } from './import-source.ts';
import type {
  FilePreview,
  ImportFile,
  ImportFormat,
  Interpretation,
  ReadingCall,
} from './import-types.ts';
import { WatchedSink } from './import-watch.ts';
import { completeInterpretation, recogniseFile } from './recognise-file.ts';

/**
 * Looks at the beginning of a file: the first megabyte, of JSON the first 30. Says how the file is
 * understood and shows what would be taken in.
 * @param choice how the user wants it understood; what it leaves open is guessed. Null: guess all
 * @throws RerankError `aborted`; `file-unreadable` if the browser cannot read it
 */
export async function previewImportFile(
  file: ImportFile,
  choice: Interpretation | null,
  call: ReadingCall = {},
): Promise<FilePreview> {
  const { path, blob } = file;
  const asJson = choice?.format === 'json' || choice?.format === 'squad';
  const sample = await takeSample(file, choice?.encoding ?? null, asJson, call);
  const { interpretation, recognised, columns } =
    choice === null ? recogniseFile(sample) : completeInterpretation(sample, choice);
  const known = { path, bytes: blob.size, interpretation, columns };

  const sink = new PreviewSink();
  const limit = maxBytesOf(interpretation.format);
  if (blob.size > limit) sink.problem('too-large', 'file', { path, subject: writeLimit(limit) });
  if (sample.binary !== null) {
    const { name } = sample.binary;
    sink.problem('binary', 'file', { path, ...(name !== undefined && { subject: name }) });
  } else if (interpretation.format === 'collection') {
    return previewCollection(known, sample, sink);
  } else {
    const watched = new WatchedSink(sink);
    await readBeginning(sample, interpretation, watched, call);
    if (watched.isSilent && !sample.cut) sink.problem('nothing-found', 'note', { path });
  }
  const isJsonWhole = sample.json?.whole === true && jsonFormats.has(interpretation.format);
  return {
    ...known,
    recognised: recognised && sample.binary === null,
    sample: sink.sample,
    problems: sink.problems,
    counts: sink.counts,
    complete: !sample.cut || isJsonWhole,
  };
}

const jsonFormats: ReadonlySet<ImportFormat> = new Set([
  'json',
  'squad',
  'first-stage-lists',
  'rerank-request',
]);

async function readBeginning(
  { path, blob, cut, json }: FileSample,
  interpretation: Interpretation,
  sink: WatchedSink,
  { signal }: ReadingCall,
): Promise<void> {
  const beginning = { path, blob, partial: cut, json };
  await readSource(beginning, interpretation, sink, { signal });
}

function previewCollection(
  known: Pick<FilePreview, 'path' | 'bytes' | 'interpretation' | 'columns'>,
  sample: FileSample,
  sink: PreviewSink,
): FilePreview {
  const { path } = known;
  const header = readCollectionHeader(sample.lines[0]?.text ?? sample.text.slice(0, sampleBytes));
  if (!header.ok) {
    sink.problem(header.newerVersion ? 'newer-version' : 'wrong-shape', 'file', { path, line: 1 });
  }
  return {
    ...known,
    recognised: header.ok || header.newerVersion,
    sample: [],
    problems: sink.problems,
    counts: header.ok ? header.counts : sink.counts,
    complete: true,
  };
}
