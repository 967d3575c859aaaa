import { type CatalogRow, catalogFilters, isShown } from '../app/models-view.ts';
import { useLanguage } from './language.ts';
import { anchorOf, ModelsRow } from './ModelsRow.tsx';
import { Segments } from './Segments.tsx';
import { useModelsWords } from './use-models-words.ts';

/** What of the catalog is shown. */
export interface Narrowing {
  readonly filter: (typeof catalogFilters)[number];
  readonly search: string;
}

/** All of it. */
export const wholeCatalog: Narrowing = { filter: 'all', search: '' };

interface Props {
  readonly rows: readonly CatalogRow[];
  /** Ids of the rows whose details are open. */
  readonly open: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
  readonly narrowing: Narrowing;
  readonly onNarrow: (narrowing: Narrowing) => void;
}

/** All known models, narrowed by a filter and a search. */
export function ModelsCatalog({ rows, open, onToggle, narrowing, onNarrow }: Props) {
  const { count } = useLanguage();
  const { filter, search } = narrowing;
  const { catalog } = useModelsWords();
  const shown = rows.filter((row) => isShown(row, filter, search));
  return (
    <section className="models-catalog" aria-labelledby="models-catalog">
      <div className="models-catalog-head">
        <h2 id="models-catalog">{catalog.heading}</h2>
        <Segments
          label={catalog.filter}
          options={catalogFilters}
          value={filter}
          wordOf={(option) => catalog.filters[option]}
          onChoose={(option) => onNarrow({ filter: option, search })}
        />
        <input
          type="search"
          className="box models-search"
          aria-label={catalog.search}
          placeholder={catalog.search}
          spellCheck={false}
          value={search}
          onChange={(event) => onNarrow({ filter, search: event.target.value })}
        />
        <span className="models-note" role="status">
          {catalog.shown(count(shown.length), count(rows.length))}
        </span>
      </div>
      {shown.length === 0 ? (
        <p className="models-empty">
          {catalog.none}{' '}
          <button type="button" className="link" onClick={() => onNarrow(wholeCatalog)}>
            {catalog.showAll}
          </button>
        </p>
      ) : (
        <>
          <ColumnNames />
          <ul className="models-rows" aria-labelledby="models-catalog">
            {shown.map((row) => (
              <ModelsRow
                key={row.card.id}
                row={row}
                anchor={anchorOf(row.card.id)}
                open={open.has(row.card.id)}
                onToggle={() => onToggle(row.card.id)}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function ColumnNames() {
  const { columns, hints } = useModelsWords().catalog;
  return (
    <p className="models-columns" aria-hidden="true">
      <span>{columns.model}</span>
      <span title={hints.parameters}>{columns.parameters}</span>
      <span title={hints.length}>{columns.length}</span>
      <span title={hints.cost}>{columns.cost}</span>
      <span>{columns.here}</span>
    </p>
  );
}
