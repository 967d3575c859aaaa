import type { ModelPhase } from '../app/store.ts';
import { useLanguage } from './language.ts';
import { useMeasures } from './models-measures.ts';
import { useModelsWords } from './use-models-words.ts';

type Report = NonNullable<Extract<ModelPhase, { phase: 'ready' }>['model']['selfTest']>;

interface Props {
  readonly report: Report;
  /** Name of the region, where a page has another self-test. Default: the heading. */
  readonly label?: string;
}

/** Whether this device computes what it should: the verdict, and every pair to look at. */
export function ModelsSelfTest({ report, label }: Props) {
  const { count } = useLanguage();
  const { fine } = useMeasures();
  const { test } = useModelsWords();
  const { verdict, against, pairs, largestDifference, tolerance, reason, source } = report;
  const facts = [test.pairs(count(pairs.length))];
  if (against !== 'nothing') facts.push(test.comparedWith(test.against[against]));
  if (largestDifference !== null) {
    facts.push(test.largest(fine(largestDifference), fine(tolerance)));
  }
  return (
    <section className="self-test" aria-label={label ?? test.heading}>
      <h3>{test.heading}</h3>
      <p>
        <Verdict verdict={verdict} />
      </p>
      <p className="models-note">{facts.join(' · ')}</p>
      {verdict === 'unchecked' && <p className="models-note">{test.uncheckedNote}</p>}
      {(verdict === 'differs' || verdict === 'broken') && (
        <p className="models-note mono">{reason}</p>
      )}
      <details className="pairs">
        <summary>{test.show}</summary>
        <table className="numbers numbers-stacked">
          <thead>
            <tr>
              <th scope="col">{test.columns.query}</th>
              <th scope="col">{test.columns.document}</th>
              <th scope="col">{test.columns.expected}</th>
              <th scope="col">{test.columns.here}</th>
              <th scope="col">{test.columns.difference}</th>
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => (
              <PairRow key={`${pair.query}\n${pair.document}`} {...{ pair, tolerance }} />
            ))}
          </tbody>
        </table>
        {source !== '' && <p className="models-note">{test.source(source)}</p>}
      </details>
    </section>
  );
}

/** The verdict in words and colour. */
export function Verdict({ verdict }: { verdict: Report['verdict'] }) {
  const modelsWords = useModelsWords();
  return (
    <span className="self-test-verdict" data-verdict={verdict}>
      {modelsWords.test.verdicts[verdict]}
    </span>
  );
}

function PairRow({ pair, tolerance }: { pair: Report['pairs'][number]; tolerance: number }) {
  const { fine } = useMeasures();
  const { columns } = useModelsWords().test;
  const { query, document, logit, expected } = pair;
  const difference = expected === null ? null : logit - expected;
  return (
    <tr>
      <td dir="auto">{query}</td>
      <td dir="auto">{document}</td>
      <td data-name={columns.expected}>{expected === null ? '–' : fine(expected)}</td>
      <td data-name={columns.here}>{fine(logit)}</td>
      <td
        data-name={columns.difference}
        data-off={difference !== null && !(Math.abs(difference) <= tolerance)}
      >
        {difference === null ? '–' : fine(difference)}
      </td>
    </tr>
  );
}
