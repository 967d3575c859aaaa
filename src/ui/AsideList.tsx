import type { AsideEntry } from '../app/work-store.ts';
import { catchFocus } from './lost-focus.ts';
import { ModelsTwoStep } from './ModelsTwoStep.tsx';
import { useMeasures } from './models-measures.ts';
import { saveFile } from './save-file.ts';
import { useWhen } from './use-when.ts';
import { useWorkWords } from './use-work-words.ts';

/** What was set aside since it could not be read: each can be downloaded, or deleted for good. */
export function AsideList({ entries }: { entries: readonly AsideEntry[] }) {
  const words = useWorkWords().aside;
  const { size } = useMeasures();
  const when = useWhen();
  return (
    <ul className="work-asides">
      {entries.map(({ id, kind, reason, bytes, setAsideAt }) => {
        const told = [
          words.kinds[kind],
          words.reasons[reason],
          // No 0 kB.
          size(Math.max(100, bytes)),
          ...(setAsideAt === null ? [] : [when(setAsideAt)]),
        ].join(' · ');
        return (
          <li key={id}>
            <span>{told}</span>
            <span className="work-actions">
              <button
                type="button"
                className="button button-quiet"
                aria-label={`${words.download}: ${told}`}
                onClick={() => download(id)}
              >
                {words.download}
              </button>
              <ModelsTwoStep
                label={words.delete}
                name={words.deleteName(told)}
                question={words.deleteQuestion}
                onConfirm={() => remove(id)}
              />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

async function download(id: string): Promise<void> {
  await (await import('../app/work-actions.ts')).downloadAside(id, saveFile);
}

async function remove(id: string): Promise<void> {
  await (await import('../app/work-actions.ts')).deleteAside(id);
  catchFocus();
}
