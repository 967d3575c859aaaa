import { useMemo } from 'react';
import { useStore } from 'zustand';
import type { CollectionsState } from '../../app/collections-store.ts';
import { type EvaluationState, evaluationStore } from '../../app/evaluation-store.ts';
import { runNames } from '../../app/evaluation-view.ts';
import type { SystemKind } from '../../core/evaluation-types.ts';
import { useLanguage } from '../language.ts';
import { type EvaluationDictionary, evaluationEn } from './evaluation-en.ts';
import { evaluationZh } from './evaluation-zh.ts';

/** A collection that is open, with its queries. */
export type Overview = Extract<CollectionsState['opened'], { phase: 'ready' }>['overview'];

/** How figures are written in the page's language. */
export interface Figures {
  /** Three decimals: 0.554. */
  readonly value: (value: number) => string;
  /** Four decimals, as trec_eval prints: 0.5058. */
  readonly exact: (value: number) => string;
  /** Three decimals with their sign: +0.048. */
  readonly signed: (value: number) => string;
  /** p = 0.02, p < 0.001. */
  readonly p: (value: number) => string;
  /** Time per query: 53 ms, 1.2 s. */
  readonly time: (ms: number) => string;
}

/** What a system is called, and what it is. */
export interface SystemName {
  readonly name: string;
  /** The name within a sentence. */
  readonly inText: string;
  /** '' where the name says it all. */
  readonly note: string;
}

/** A system as far as its name needs it. */
interface NamedSystem {
  readonly key: string;
  readonly kind: SystemKind;
  readonly runId: string | null;
  readonly label: string;
}

/** One slice of the evaluation's state; the component draws again when that slice changes. */
export function useEvaluation<Slice>(select: (state: EvaluationState) => Slice): Slice {
  return useStore(evaluationStore, select);
}

/** Words of evaluation and export in the page's language. */
export function useEvaluationWords(): EvaluationDictionary {
  return useLanguage().tag === 'zh' ? evaluationZh : evaluationEn;
}

/** Formats of figures in the page's language. */
export function useFigures(): Figures {
  const { tag, rough } = useLanguage();
  const words = useEvaluationWords();
  return useMemo(() => {
    const decimals = (digits: number, signDisplay: 'negative' | 'exceptZero') =>
      new Intl.NumberFormat(tag === 'zh' ? 'zh-Hans' : 'en', {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        signDisplay,
      });
    const [two, three, four] = [2, 3, 4].map((digits) => decimals(digits, 'negative'));
    const signs = decimals(3, 'exceptZero');
    const write = (format: Intl.NumberFormat | undefined, value: number): string =>
      // A minus as wide as the plus.
      (format?.format(value) ?? String(value)).replace('-', '\u2212');
    const { depth, verdict } = words;
    return {
      value: (value) => write(three, value),
      exact: (value) => write(four, value),
      signed: (value) => write(signs, value),
      p: (value) =>
        value < 0.001
          ? verdict.pBelow(write(three, 0.001))
          : verdict.p(write(value < 0.1 ? three : two, value)),
      time: (ms) => (ms < 1000 ? depth.ms(rough(ms)) : depth.s(rough(ms / 1000))),
    };
  }, [tag, rough, words]);
}

/** Names of a collection's systems in the page's language. */
export function useSystemNames(
  { runs, candidateSource }: Pick<Overview['summary'], 'runs' | 'candidateSource'>,
  fusionWeight: number,
): (system: NamedSystem) => SystemName {
  const { systems, settings } = useEvaluationWords();
  const { count } = useLanguage();
  return useMemo(() => {
    const named = runNames(runs, (depth) => settings.depth(count(depth)));
    // Where BM25 finds the candidates, it is what is fused with.
    const other = candidateSource === 'bm25' ? systems.bm25 : systems.firstStageInText;
    const nameOf = ({ key, kind, runId, label }: NamedSystem): Omit<SystemName, 'inText'> => {
      const run = named.get(runId ?? '') ?? label;
      switch (kind) {
        case 'first-stage':
          return { name: systems['first-stage'], note: label === 'first-stage' ? '' : label };
        case 'bm25':
          return { name: systems.bm25, note: systems.bm25Note };
        case 'model':
          return { name: run, note: systems.modelNote };
        case 'imported':
          return { name: run, note: systems.importedNote };
        case 'fusion':
          return key.startsWith('rrf:')
            ? { name: systems.rrf(run), note: systems.rrfNote(other) }
            : {
                name: systems.weighted(run),
                note: systems.weightedNote(String(Number(fusionWeight.toFixed(2))), other),
              };
        default: {
          const unknown: never = kind;
          return unknown;
        }
      }
    };
    return (system) => {
      const named = nameOf(system);
      const inText = system.kind === 'first-stage' ? systems.firstStageInText : named.name;
      return { ...named, inText };
    };
  }, [runs, candidateSource, fusionWeight, systems, settings, count]);
}
