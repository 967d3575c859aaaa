import type { Query } from '../core/types.ts';
import type {
  ImportCounts,
  ImportedPair,
  ImportPlace,
  ImportProblem,
  ImportProblemCode,
  ImportSink,
} from '../io/import-types.ts';
import {
  type CandidateGroup,
  References,
  type ReferenceTexts,
  resolveCandidates,
} from './candidate-groups.ts';
import { IdentifiedTexts } from './identified-texts.ts';
import { joinJudgements } from './join-judgements.ts';
import { ProblemTally } from './problem-tally.ts';
import type { CollectionContent, StoredCandidates } from './stored-collection.ts';

/** A run that came with an import and is a system of its own. */
export interface ImportedRun {
  /** The run's tag, else its file's name; ` (2)` and so on where that is taken. */
  readonly tag: string;
  /** By place of the query, best first. Where only the order is known, scores fall to 1. */
  readonly rankings: ReadonlyMap<
    number,
    { readonly documents: Int32Array; readonly scores: Float64Array }
  >;
}

/** What several files make together. */
export interface BuiltCollection {
  /** What was there before, at its old places, and what is new. */
  readonly content: CollectionContent;
  /** Newly taken in; `candidates` counts those of imported runs too. */
  readonly counts: ImportCounts;
  readonly importedRuns: readonly ImportedRun[];
  readonly problems: readonly ImportProblem[];
}

/**
 * Joins what readers find in several files into one collection. Nothing points anywhere before
 * `build`: a run may come before its documents.
 *
 * - **Ids:** of equal ids the first text stays; the same text again is a note
 *   (`repeated-document`; `repeated-query` for queries), another one is skipped.
 *   What has no id gets `d1`, `d2`, ... or `q1`, ..., as far as they are free.
 * - **Pairs without ids:** equal texts (with equal titles) are the same thing.
 * - **Candidates** are grouped by file and tag. The first group is the first stage, unless the
 *   collection had candidates before. A later one adds to the first stage where it is about other
 *   queries and has no other tag; else it becomes an imported run.
 * - **Judgements** of documents that are not here are kept: they count in the ideal ranking.
 */
export class CollectionBuilder implements ImportSink {
  readonly #existing: CollectionContent | null;
  readonly #documents: IdentifiedTexts;
  readonly #queries: IdentifiedTexts;
  readonly #groups: CandidateGroup[] = [];
  readonly #groupsOfPath = new Map<string, Map<string | null, CandidateGroup>>();
  readonly #tagOfPath = new Map<string, string>();
  readonly #judgements = new References();
  readonly #tally = new ProblemTally();
  /** A tag whose file is not known yet. */
  #newTag: string | null = null;

  /** @param existing what is added to; null: a new collection. It is not changed. */
  constructor(existing: CollectionContent | null) {
    this.#existing = existing;
    const queries = existing?.queries ?? [];
    this.#documents = new IdentifiedTexts(
      existing?.docIds ?? [],
      existing?.titles ?? [],
      existing?.texts ?? [],
    );
    this.#queries = new IdentifiedTexts(
      queries.map(({ queryId }) => queryId),
      queries.map(() => null),
      queries.map(({ text }) => text),
    );
  }

  document(docId: string | null, title: string | null, text: string, place: ImportPlace): void {
    this.#settleTag(place);
    const added = this.#documents.add({ id: docId, title, text });
    if (docId === null) this.#tally.add('ids-assigned', 'note', place);
    if (added === 'repeated') this.#report('repeated-document', 'note', place, docId);
    if (added === 'different') this.#report('duplicate-document', 'skipped', place, docId);
  }

  query(queryId: string | null, text: string, place: ImportPlace): void {
    this.#settleTag(place);
    const added = this.#queries.add({ id: queryId, title: null, text });
    if (queryId === null) this.#tally.add('ids-assigned', 'note', place);
    if (added === 'repeated') this.#report('repeated-query', 'note', place, queryId);
    if (added === 'different') this.#report('duplicate-query', 'skipped', place, queryId);
  }

  candidate(queryId: string, docId: string, score: number | null, place: ImportPlace): void {
    this.#settleTag(place);
    const queryKey = this.#queries.keyOfId(queryId);
    this.#addCandidate(queryKey, this.#documents.keyOfId(docId), score, place);
  }

  judgement(queryId: string, docId: string, grade: number, place: ImportPlace): void {
    this.#settleTag(place);
    const queryKey = this.#queries.keyOfId(queryId);
    this.#judgements.add(queryKey, this.#documents.keyOfId(docId), grade, place);
  }

  pair(pair: ImportedPair, place: ImportPlace): void {
    this.#settleTag(place);
    const { queryId, query, docId, title, text, score, grade } = pair;
    const queryKey =
      queryId === null
        ? this.#queries.keyOfText(null, query, place)
        : this.#queries.keyOfId(queryId);
    if (queryId !== null && this.#queries.addPaired(queryId, null, query) === 'different') {
      this.#report('duplicate-query', 'skipped', place, queryId);
    }
    const documentKey =
      docId === null
        ? this.#documents.keyOfText(title, text, place)
        : this.#documents.keyOfId(docId);
    if (docId !== null && this.#documents.addPaired(docId, title, text) === 'different') {
      this.#report('duplicate-document', 'skipped', place, docId);
    }
    this.#addCandidate(queryKey, documentKey, score, place);
    if (grade !== null) this.#judgements.add(queryKey, documentKey, grade, place);
  }

  problem(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    count = 1,
  ): void {
    this.#settleTag(place);
    this.#tally.add(code, severity, place, count);
  }

  firstStageTag(tag: string): void {
    this.#newTag = tag;
  }

  /** Joins everything. Call it once, when all files are read. */
  build(): BuiltCollection {
    const tally = this.#tally;
    const onAssigned = (place: ImportPlace) => tally.add('ids-assigned', 'note', place);
    const documents = this.#documents.resolve('d', onAssigned);
    const queries = this.#queries.resolve('q', onAssigned);
    const texts: ReferenceTexts = {
      queries,
      documents,
      queryId: (key) => this.#queries.idOfKey(key),
      docId: (key) => this.#documents.idOfKey(key),
    };
    const before = this.#existing;
    const assigned = this.#assignGroups(texts);
    const judged = joinJudgements(before?.qrels ?? new Map(), this.#judgements, texts, tally);
    return {
      content: {
        docIds: documents.ids,
        titles: documents.titles,
        texts: documents.texts,
        queries: queries.ids.map(
          (queryId, place): Query =>
            before?.queries[place] ?? { queryId, text: queries.texts[place] ?? '' },
        ),
        candidates: assigned.candidates,
        qrels: judged.qrels,
        firstStageTag: assigned.firstStageTag,
      },
      counts: {
        documents: documents.ids.length - (before?.docIds.length ?? 0),
        queries: queries.ids.length - (before?.queries.length ?? 0),
        candidates: assigned.count,
        judgements: judged.count,
      },
      importedRuns: assigned.runs,
      problems: tally.problems(),
    };
  }

  /** The tag heard last belongs to the file of the first thing that is heard after it. */
  #settleTag({ path }: ImportPlace): void {
    if (this.#newTag === null) return;
    this.#tagOfPath.set(path, this.#newTag);
    this.#newTag = null;
  }

  #report(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    id: string | null,
  ): void {
    const subject = id === null ? {} : { subject: id.slice(0, 80) };
    this.#tally.add(code, severity, { ...place, ...subject });
  }

  #addCandidate(
    queryKey: number,
    documentKey: number,
    score: number | null,
    place: ImportPlace,
  ): void {
    const group = this.#groupOf(place.path);
    group.references.add(queryKey, documentKey, score ?? Number.NaN, place);
  }

  #groupOf(path: string): CandidateGroup {
    const tag = this.#tagOfPath.get(path) ?? null;
    let groups = this.#groupsOfPath.get(path);
    if (groups === undefined) {
      groups = new Map();
      this.#groupsOfPath.set(path, groups);
    }
    let group = groups.get(tag);
    if (group === undefined) {
      group = { path, tag, references: new References() };
      groups.set(tag, group);
      this.#groups.push(group);
    }
    return group;
  }

  /** Decides which candidates are the first stage's and which are runs of their own. */
  #assignGroups(texts: ReferenceTexts) {
    const existing = this.#existing?.candidates ?? [];
    const candidates = texts.queries.ids.map(
      (_, place): StoredCandidates | null => existing[place] ?? null,
    );
    let hasFirstStage = candidates.some((given) => given !== null);
    let firstStageTag = hasFirstStage ? (this.#existing?.firstStageTag ?? null) : null;
    let count = 0;
    const runs: { group: CandidateGroup; rankings: ReadonlyMap<number, StoredCandidates> }[] = [];
    for (const group of this.#groups) {
      const rankings = resolveCandidates(group, texts, this.#tally);
      if (rankings.size === 0) continue;
      for (const { documents } of rankings.values()) count += documents.length;
      const sameTag = group.tag === null || firstStageTag === null || group.tag === firstStageTag;
      const overlaps = [...rankings.keys()].some((query) => (candidates[query] ?? null) !== null);
      if (hasFirstStage && (overlaps || !sameTag)) {
        runs.push({ group, rankings });
        continue;
      }
      for (const [query, given] of rankings) candidates[query] = given;
      firstStageTag ??= group.tag;
      hasFirstStage = true;
    }
    return { candidates, firstStageTag, count, runs: nameRuns(runs, firstStageTag) };
  }
}

function nameRuns(
  runs: readonly {
    readonly group: CandidateGroup;
    readonly rankings: ReadonlyMap<number, StoredCandidates>;
  }[],
  firstStageTag: string | null,
): readonly ImportedRun[] {
  const taken = new Set<string | null>([firstStageTag]);
  return runs.map(({ group, rankings }) => {
    const name = group.tag ?? fileName(group.path);
    let tag = name;
    for (let number = 2; taken.has(tag); number += 1) tag = `${name} (${number})`;
    taken.add(tag);
    const scored = [...rankings].map(([query, { documents, scores }]) => {
      const falling = (_: number, index: number) => documents.length - index;
      return [
        query,
        { documents, scores: scores ?? Float64Array.from(documents, falling) },
      ] as const;
    });
    return { tag, rankings: new Map(scored) };
  });
}

/** Without folders and ending. */
function fileName(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  return name.replace(/(?!^)\.[a-z0-9]{1,8}$/iu, '') || path;
}
