import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import type { RankingOrder, Result } from '../app/store.ts';
import { useLanguage } from './language.ts';

/** Fetched when it is first opened. */
const ExportBox = lazy(async () => ({ default: (await import('./ExportBox.tsx')).ExportBox }));

type MakeFile = Parameters<typeof ExportBox>[0]['makeFile'];

/** Opens a panel in which the ranking is copied or saved in one of many formats. */
export function ExportResult({ result, order }: { result: Result; order: RankingOrder }) {
  const { words } = useLanguage();
  const panel = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const makeFile = useCallback<MakeFile>(
    async (format, options) => {
      const { exportResult } = await import('../app/export-result.ts');
      return exportResult(result, order, format, options);
    },
    [result, order],
  );
  return (
    <>
      <button type="button" className="button button-quiet" popoverTarget="export-panel">
        {words.result.export}
      </button>
      <section
        ref={panel}
        id="export-panel"
        popover="auto"
        className="panel export-panel"
        aria-label={words.result.exportLabel}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {open && (
          <Suspense>
            <ExportBox makeFile={makeFile} mostDocuments={result.documents.length} previews />
          </Suspense>
        )}
      </section>
    </>
  );
}
