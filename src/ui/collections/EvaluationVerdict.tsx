import { verdictOf } from '../../app/evaluation-view.ts';
import type { Evaluation, SystemFigures } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import {
  type Overview,
  useEvaluation,
  useEvaluationWords,
  useFigures,
  useSystemNames,
} from './evaluation-language.ts';

interface Props {
  readonly summary: Overview['summary'];
  readonly evaluation: Evaluation;
}

/** Below this many queries the sentence says that they are few. */
const fewQueries = 30;

/** What it comes to, in words: who is better, by how much, how sure that is. */
export function EvaluationVerdict({ summary, evaluation }: Props) {
  const { verdict: words, sentences } = useEvaluationWords();
  const stale = useEvaluation((state) => state.progress.phase !== 'idle');
  const { lead, more, effect } = useVerdict(summary, evaluation);
  return (
    <section
      className="evaluation-verdict"
      aria-label={words.label}
      data-effect={effect}
      data-stale={stale || undefined}
    >
      {/* Read out when it changes. */}
      <p role="status" className="evaluation-lead">
        {lead}
      </p>
      {more.length > 0 && <p className="models-note">{sentences(more)}</p>}
    </section>
  );
}

function useVerdict(
  summary: Props['summary'],
  evaluation: Evaluation,
): { readonly lead: string; readonly more: readonly string[]; readonly effect: string } {
  const { verdict: words, systems } = useEvaluationWords();
  const { value, signed, p } = useFigures();
  const { count } = useLanguage();
  const nameOf = useSystemNames(summary, evaluation.settings.fusionWeight);
  const subjectOf = (system: SystemFigures): string =>
    system.kind === 'model' ? systems.reranking(nameOf(system).name) : nameOf(system).name;
  const verdict = verdictOf(evaluation);
  const metric = evaluation.settings.metrics[0] ?? '';
  switch (verdict.kind) {
    case 'no-queries':
      return { lead: words.noQueries, more: [], effect: 'none' };
    case 'alone':
      return {
        lead: words.alone(nameOf(verdict.system).name, metric, value(verdict.mean)),
        more: [words.noModel],
        effect: 'none',
      };
    case 'compared': {
      const { system, baseline, effect, from, to, comparison, better, queries } = verdict;
      const { difference, pValue, wins, losses } = comparison;
      const baselineName = nameOf(baseline).inText;
      const lead =
        effect === 'same'
          ? words.same(subjectOf(system), baselineName, metric, value(to))
          : words[effect](subjectOf(system), metric, value(from), value(to)) +
            words.sure(
              signed(difference.mean),
              signed(difference.low),
              signed(difference.high),
              p(pValue),
            ) +
            words.queries(count(wins), count(losses), count(queries));
      const betterMean = better?.metrics[metric]?.mean;
      return {
        lead,
        more: [
          // Being equal names it already.
          ...(effect === 'same' ? [] : [words.against(baselineName)]),
          ...(better !== null && betterMean !== undefined
            ? [words.better(nameOf(better).inText, value(betterMean))]
            : []),
          ...(effect === 'unclear' ? [words.chance] : []),
          ...(queries < fewQueries ? [words.few(count(queries), queries !== 1)] : []),
          ...(verdict.models > 1 && system.kind === 'model'
            ? [words.ofModels(count(verdict.models))]
            : []),
          ...(verdict.models === 0 ? [words.noModel] : []),
        ],
        effect,
      };
    }
    default: {
      const unknown: never = verdict;
      return unknown;
    }
  }
}
