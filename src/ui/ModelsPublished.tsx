import { comparison } from '../app/models-view.ts';
import { useLanguage } from './language.ts';
import { useMeasures } from './models-measures.ts';
import { useModelsWords } from './use-models-words.ts';

type Compared = (typeof comparison.rows)[number];

/** What a comparison article published: other people's numbers, said so in the heading. */
export function ModelsPublished({ onShow }: { onShow: (id: string) => void }) {
  const { published } = useModelsWords();
  const { columns } = published;
  const { benchmarks } = comparison;
  return (
    <section className="models-comparison" aria-labelledby="models-comparison">
      <h2 id="models-comparison">
        {published.heading} <span className="role models-mark">{published.label}</span>
      </h2>
      <p className="models-note">{published.lead}</p>
      <div className="models-scroll">
        <table className="numbers numbers-foldable comparison">
          <thead>
            <tr>
              <th scope="col">{columns.model}</th>
              <th scope="col">
                {columns.chineseQa} <small>{benchmarks.chineseQa}</small>
              </th>
              <th scope="col">
                {columns.english} <small>{benchmarks.english}</small>
              </th>
              <th scope="col">
                {columns.crossLingual} <small>{benchmarks.crossLingual}</small>
              </th>
              <th scope="col">{columns.latency}</th>
              <th scope="col">{columns.memory}</th>
            </tr>
          </thead>
          <tbody>
            {comparison.rows.map((row) => (
              <ComparedRow key={row.name} row={row} onShow={onShow} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ComparedRow({ row, onShow }: { row: Compared; onShow: (id: string) => void }) {
  const { tag, count } = useLanguage();
  const { fine } = useMeasures();
  const { published } = useModelsWords();
  const { best } = comparison;
  const { columns } = published;
  const { name, model, note, memory } = row;
  return (
    <tr>
      <th scope="row">
        {name}
        <span className="compared-way">
          {model === null ? (
            <span className="muted">{published.noBrowser}</span>
          ) : (
            <button
              type="button"
              className="link"
              aria-label={published.showOf(name)}
              onClick={() => onShow(model)}
            >
              {published.show}
            </button>
          )}
        </span>
        {note !== null && <span className="models-note compared-note">{note[tag]}</span>}
      </th>
      <Best
        name={columns.chineseQa}
        value={fine(row.chineseQa)}
        best={row.chineseQa === best.chineseQa}
      />
      <Best name={columns.english} value={fine(row.english)} best={row.english === best.english} />
      <Best
        name={columns.crossLingual}
        value={fine(row.crossLingual)}
        best={row.crossLingual === best.crossLingual}
      />
      <Best
        name={columns.latency}
        value={published.about(count(row.latencyMs))}
        best={row.latencyMs === best.latencyMs}
      />
      <td data-name={columns.memory}>
        {memory ?? <span className="muted">{published.unknown}</span>}
      </td>
    </tr>
  );
}

function Best({ name, value, best }: { name: string; value: string; best: boolean }) {
  const modelsWords = useModelsWords();
  return (
    <td data-name={name} data-best={best}>
      {value}
      {best && <span className="visually-hidden"> {modelsWords.published.best}</span>}
    </td>
  );
}
