import { type CatalogRow, pairGigaflop } from '../app/models-view.ts';
import { CopyButton } from './CopyButton.tsx';
import { useLanguage } from './language.ts';
import { ModelsBuilds } from './ModelsBuilds.tsx';
import { allLanguagesOf } from './model-card-words.ts';
import { useMeasures } from './models-measures.ts';
import { useModelsWords } from './use-models-words.ts';

/** All that is known of a model: facts, published scores, and every way to run it. */
export function ModelsDetails({ id, row }: { id: string; row: CatalogRow }) {
  const language = useLanguage();
  const { rough } = language;
  const { catalog } = useModelsWords();
  const { card } = row;
  const facts: readonly (readonly [string, string])[] = [
    ...(card.aliases.length === 0 ? [] : [[catalog.alsoKnown, card.aliases.join(', ')] as const]),
    [catalog.licence, licenceOf(row, catalog)],
    [catalog.languagesLabel, allLanguagesOf(card, language)],
    [catalog.pairFormat, card.pairFormat],
    [catalog.cost, catalog.costs(rough(pairGigaflop(card, 256)), rough(pairGigaflop(card, 512)))],
    [catalog.revision, card.revision],
  ];
  return (
    <div id={id} className="models-details">
      <div className="models-facts-published">
        <dl className="models-facts">
          {!row.embedded && (
            <div>
              <dt>ID</dt>
              <dd>
                <code>{card.id}</code>
                <CopyButton text={() => card.id} label={catalog.copyId} />
              </dd>
            </div>
          )}
          {facts.map(([term, value]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {card.published.length > 0 && <Published scores={card.published} />}
      </div>
      <ModelsBuilds row={row} />
    </div>
  );
}

function licenceOf(
  { card }: CatalogRow,
  words: { readonly nonCommercial: string; readonly licenceUnknown: string },
): string {
  const name = card.licence.id ?? words.licenceUnknown;
  return card.licence.commercialUse === false ? `${name} · ${words.nonCommercial}` : name;
}

function Published({ scores }: { scores: CatalogRow['card']['published'] }) {
  const { fine } = useMeasures();
  const { catalog } = useModelsWords();
  const sources = new Set(
    scores.map(({ source, sourceUrl }) =>
      sourceUrl === null ? source : `${source}, ${sourceUrl.replace('https://', '')}`,
    ),
  );
  return (
    <section className="models-published">
      <h3>
        {catalog.published} <span className="muted">{catalog.publishedHint}</span>
      </h3>
      <table className="numbers numbers-small">
        <tbody>
          {scores.map(({ benchmark, metric, value }) => (
            <tr key={benchmark}>
              <th scope="row">{benchmark}</th>
              <td>{metric}</td>
              <td>{fine(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="models-note">{[...sources].join(' · ')}</p>
    </section>
  );
}
