import type { FilePreview, ImportFile, Interpretation } from '../io/import-types.ts';
import { previewImportFile } from '../io/preview-import-file.ts';
import { checkAborted } from '../models/abort.ts';
import type { CollectionsCall, ImportChoices } from './collections-api.ts';

/** A file that is wanted, and what it is taken for. */
interface ChosenFile {
  readonly file: ImportFile;
  readonly interpretation: Interpretation;
}

/**
 * Says how each file would be understood. Of several SQuAD files about the same questions the first
 * gives the questions and the others the paragraphs, unless the user decided otherwise.
 */
export async function previewFiles(
  files: readonly ImportFile[],
  choices: ImportChoices,
  call: CollectionsCall,
): Promise<readonly FilePreview[]> {
  const previews: FilePreview[] = [];
  const total = sizeOf(files);
  let done = 0;
  for (const file of files) {
    checkAborted(call.signal);
    previews.push(await previewImportFile(file, choiceFor(file, choices), { signal: call.signal }));
    done += file.blob.size;
    call.onProgress?.({ type: 'progress', step: 'reading', done, total });
  }
  return await pairSquadFiles(files, previews, choices, call);
}

/**
 * The files that are wanted; exported collections first, which are restored only while there is
 * nothing else.
 */
export async function interpretFiles(
  files: readonly ImportFile[],
  choices: ImportChoices,
  { signal }: CollectionsCall,
): Promise<readonly ChosenFile[]> {
  const open = files.some((file) => choiceFor(file, choices) === null);
  const previews = open ? await previewFiles(files, choices, { signal }) : [];
  const chosen = files.flatMap((file, at): ChosenFile[] => {
    const interpretation = choiceFor(file, choices) ?? previews[at]?.interpretation;
    return interpretation?.included ? [{ file, interpretation }] : [];
  });
  const rank = ({ interpretation }: ChosenFile): number =>
    interpretation.format === 'collection' ? 0 : 1;
  return chosen.sort((a, b) => rank(a) - rank(b));
}

/** Bytes of some files. */
export function sizeOf(files: readonly ImportFile[]): number {
  return files.reduce((sum, { blob }) => sum + blob.size, 0);
}

function choiceFor({ path }: ImportFile, choices: ImportChoices): Interpretation | null {
  return Object.hasOwn(choices, path) ? (choices[path] ?? null) : null;
}

async function pairSquadFiles(
  files: readonly ImportFile[],
  previews: readonly FilePreview[],
  choices: ImportChoices,
  { signal }: CollectionsCall,
): Promise<readonly FilePreview[]> {
  const groups = new Map<string, number[]>();
  for (const [at, preview] of previews.entries()) {
    const file = files[at];
    const { format, included } = preview.interpretation;
    if (file === undefined || format !== 'squad' || !included) continue;
    const questions = await firstQuestions(file, preview, signal);
    if (questions !== '') groups.set(questions, [...(groups.get(questions) ?? []), at]);
  }
  const paired: FilePreview[] = [...previews];
  for (const group of groups.values()) {
    const isChosen = (at: number): boolean => {
      const file = files[at];
      return file !== undefined && choiceFor(file, choices) !== null;
    };
    const chosen = group.filter(isChosen).map((at) => takeOf(previews[at]));
    if (group.length < 2 || chosen.includes('both')) continue;
    let asked = chosen.includes('questions');
    for (const at of group) {
      const file = files[at];
      const preview = previews[at];
      if (isChosen(at) || file === undefined || preview === undefined) continue;
      const take = asked ? 'paragraphs' : 'questions';
      asked = true;
      checkAborted(signal);
      const interpretation: Interpretation = { ...preview.interpretation, take };
      paired[at] = await previewImportFile(file, interpretation, { signal });
    }
  }
  return paired;
}

/** The first few ids tell: translations of one collection keep them, and their order. */
async function firstQuestions(
  file: ImportFile,
  preview: FilePreview,
  signal: AbortSignal | undefined,
): Promise<string> {
  let { sample } = preview;
  if (takeOf(preview) === 'paragraphs') {
    const interpretation: Interpretation = { ...preview.interpretation, take: 'questions' };
    ({ sample } = await previewImportFile(file, interpretation, { signal }));
  }
  return sample
    .flatMap((record) => (record.kind === 'query' ? [JSON.stringify(record.queryId)] : []))
    .join();
}

function takeOf(preview: FilePreview | undefined): 'both' | 'questions' | 'paragraphs' {
  return preview?.interpretation.take ?? 'both';
}
