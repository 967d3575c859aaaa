import type { ImportInto } from '../../app/import-store.ts';
import { ImportSources } from './ImportSources.tsx';

interface Props {
  /** The collection that is open, as a possible target; null where none is. */
  readonly into: ImportInto | null;
  readonly main?: boolean;
}

/** Brings data into a collection: files, a folder, a text. Opens the import panel. */
export function ImportButton({ into, main = false }: Props) {
  return <ImportSources into={into} main={main} />;
}
