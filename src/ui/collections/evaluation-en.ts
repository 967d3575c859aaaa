/** English words of the evaluation and the export of a collection. */
export const evaluationEn = {
  label: 'Evaluation',
  /** Sentences one after the other; an empty one leaves no gap. */
  sentences: (all: readonly string[]) => all.filter((one) => one !== '').join(' '),
  noQueries: {
    heading: 'There are no queries to evaluate',
    text: 'An evaluation asks how well each query finds its relevant documents. Import queries into this collection: a file with one query per line or record, a BEIR folder, or SQuAD.',
  },
  noJudgements: {
    heading: 'Nobody has said yet which documents are relevant',
    text: 'Without judgements (qrels) nothing can be measured. Import them into this collection, in any of these shapes; ids must be those of its queries and documents.',
    formats: [
      ['TREC qrels', 'q1 0 doc7 2'],
      ['BEIR qrels, TSV', 'query-id  corpus-id  score'],
      ['JSON Lines', '{"query-id": "q1", "corpus-id": "doc7", "score": 2}'],
    ],
    grades:
      'Grade 0 is not relevant, 1 and more are relevant. A few dozen judged queries say a lot.',
  },
  progress: {
    evaluating: 'Computing',
    anew: 'Computing anew; the figures shown are the last ones',
    indexing: 'Building the keyword index',
    cancel: 'Cancel',
    cancelled: 'Not computed: cancelled.',
    cancelledAnew: 'Cancelled: the figures shown are the last ones.',
    compute: 'Compute',
    failed: 'The evaluation could not be computed.',
    retry: 'Try again',
    started: 'Computing the evaluation.',
    bar: 'Progress of the evaluation',
  },
  counts: {
    queries: (count: string, plural: boolean) =>
      `${count} quer${plural ? 'ies count' : 'y counts'}`,
    pending: (count: string, plural: boolean) =>
      `${count} judged ${plural ? 'queries wait' : 'query waits'} for an unfinished run`,
    unjudged: (count: string) => `${count} without judgements`,
    missing: 'a query for which a system ranks nothing is 0 there (trec_eval -c)',
    noneRelevant: (grade: string) => `No judgement has grade ${grade} or more.`,
    leaveOut: (name: string) => `Leave out ${name}`,
  },
  settings: {
    label: 'What is computed',
    metrics: 'Metrics',
    metricsHint: 'The first one is the main one: the verdict, gains and depths are about it.',
    main: 'main',
    makeMain: 'Make main',
    makeMainOf: (metric: string) => `Make main: ${metric}`,
    cutOffOf: (metric: string) => `Cut-off of ${metric}`,
    whole: 'all',
    remove: 'Remove',
    removeOf: (metric: string) => `Remove ${metric}`,
    add: 'Add',
    addLabel: 'Add a metric',
    relevantFrom: 'Relevant from',
    relevantHint: 'Grade; for all metrics but nDCG, which takes the grades as they are',
    baseline: 'Baseline',
    weight: 'Fusion weight',
    weightValue: (model: string, rest: string, other: string) => `${model} model, ${rest} ${other}`,
    weightNote:
      'The weight is the model’s share of the weighted fusion. One that is chosen by these figures flatters itself: decide it on other queries.',
    runs: 'Runs',
    runsShown: (shown: string, total: string) => `${shown} of ${total}`,
    noRuns: 'none yet',
    runQueries: (done: string, total: string) => `${done} of ${total} queries`,
    runEmpty: 'no query finished yet',
    depth: (depth: string) => `depth ${depth}`,
  },
  systems: {
    'first-stage': 'First stage',
    firstStageInText: 'the first stage',
    bm25: 'BM25',
    rrf: (name: string) => `RRF, ${name}`,
    weighted: (name: string) => `Weighted, ${name}`,
    rrfNote: (other: string) => `reciprocal ranks with ${other}`,
    weightedNote: (weight: string, other: string) => `${weight} model, rest ${other}`,
    modelNote: 'cross-encoder',
    importedNote: 'imported run',
    bm25Note: 'keywords, computed here',
    reranking: (name: string) => `Reranking with ${name}`,
  },
  verdict: {
    label: 'Verdict',
    raises: (who: string, metric: string, from: string, to: string) =>
      `${who} raises ${metric} from ${from} to ${to}`,
    lowers: (who: string, metric: string, from: string, to: string) =>
      `${who} makes it worse: ${metric} falls from ${from} to ${to}`,
    unclear: (who: string, metric: string, from: string, to: string) =>
      `Nothing certain can be said. ${who} takes ${metric} from ${from} to ${to}`,
    same: (who: string, baseline: string, metric: string, mean: string) =>
      `${who} and ${baseline} are equal on every query: ${metric} ${mean}.`,
    sure: (difference: string, low: string, high: string, p: string) =>
      ` (${difference}, 95% interval ${low} to ${high}, ${p})`,
    queries: (wins: string, losses: string, total: string) =>
      `: better on ${wins}, worse on ${losses} of ${total} queries.`,
    against: (baseline: string) => `Compared with ${baseline}.`,
    better: (name: string, mean: string) => `The best here is ${name} with ${mean}.`,
    ofModels: (count: string) =>
      `It is the best of ${count} runs, and the best of several looks a little better than it is.`,
    few: (count: string, plural: boolean) =>
      plural
        ? `${count} queries are few: the interval says more than the mean.`
        : `${count} query says next to nothing about others.`,
    chance: 'The difference may be chance: more judged queries would tell.',
    alone: (name: string, metric: string, mean: string) => `${name} has ${metric} ${mean}.`,
    noQueries: 'No query counts yet.',
    noModel: 'No model has run yet: rerank the queries to see what it gains.',
    p: (value: string) => `p = ${value}`,
    pBelow: (value: string) => `p < ${value}`,
  },
  table: {
    heading: 'Systems',
    caption: (baseline: string) =>
      `Mean over the queries; below it the difference to ${baseline}, the p of a paired randomisation test and the 95% interval. The best mean is underlined.`,
    system: 'system',
    baseline: 'baseline',
    best: 'best',
    interval: (low: string, high: string) => `${low} to ${high}`,
    records: 'Wins, ties, losses',
    record: (wins: string, ties: string, losses: string) =>
      `better on ${wins}, equal on ${ties}, worse on ${losses}`,
    shortRecord: (wins: string, ties: string, losses: string) => `${wins} / ${ties} / ${losses}`,
    ownIntervals: 'Interval of the mean',
  },
  pictures: {
    heading: 'Pictures',
    lookAt: 'Look at',
    against: (baseline: string) => `against ${baseline}`,
    copySvg: 'Copy SVG',
    copyPng: 'Copy PNG',
    save: 'Save',
    of: (action: string, title: string) => `${action}: ${title}`,
    copied: 'Copied',
    failed: 'The browser does not let the page copy. Save it instead.',
    asTable: 'As a table',
    empty: 'Nothing to draw.',
  },
  bars: {
    title: 'Metrics by system',
    text: 'Bars are means over the queries, whiskers 95% intervals. Each metric has its own axis.',
    system: 'System',
    metric: 'Metric',
    mean: 'Mean',
    low: 'Interval from',
    high: 'to',
  },
  gain: {
    title: (name: string) => `Gain per query: ${name}`,
    text: (wins: string, ties: string, losses: string, total: string, baseline: string) =>
      `Against ${baseline}: better on ${wins}, equal on ${ties}, worse on ${losses} of ${total} queries.`,
    how: 'Point at a bar, or move with the arrow keys; click or Enter opens the query.',
    axis: (metric: string) => `gain in ${metric}`,
    queries: 'queries, most gained first',
    bar: (place: string, total: string) => `${place} of ${total}`,
    change: (before: string, after: string, gain: string) => `${before} → ${after} (${gain})`,
    open: (text: string) => `Open the query: ${text}`,
    long: 'The table of queries below has all of them.',
  },
  depth: {
    title: (name: string) => `What depth is worth: ${name}`,
    depth: 'depth',
    time: 'ms per query',
    baseline: (name: string, mean: string) => `${name} ${mean}`,
    enough: (depth: string, value: string, best: string, bestDepth: string) =>
      `Depth ${depth} is enough: ${value}, within 1% of the best (${best} at depth ${bestDepth})`,
    times: (enough: string, full: string, depth: string) =>
      `, in ${enough} per query instead of ${full} at depth ${depth}.`,
    end: '.',
    whole: (depth: string, value: string) =>
      `The whole depth of ${depth} is worth it: ${value}, and less depth is more than 1% below.`,
    wholeTime: (time: string) => ` It takes ${time} per query.`,
    worse: (first: string, depth: string, value: string) =>
      `No depth reaches ${first}; the best is ${value} at depth ${depth}.`,
    none: 'There is one depth only, or nothing relevant within it.',
    unmeasured: 'No time was measured: all scores were known from earlier runs.',
    shared: 'Time is measured for the whole depth and shared out by tokens.',
    ms: (value: string) => `${value} ms`,
    s: (value: string) => `${value} s`,
  },
  scores: {
    title: (name: string) => `Logits by relevance: ${name}`,
    relevant: (count: string) => `relevant (${count})`,
    notRelevant: (count: string) => `not relevant (${count})`,
    axis: 'logit',
    share: 'share of each kind',
    threshold: (logit: string) => `threshold ${logit}`,
    best: (logit: string, relevance: string, precision: string, recall: string, f1: string) =>
      `Best threshold by F1: logit ${logit} (relevance ${relevance}), with precision ${precision}, recall ${recall}, F1 ${f1}.`,
    auc: (auc: string, percent: string) =>
      `AUC ${auc}: a relevant document lies above another one in ${percent} of all pairs.`,
    own: 'Chosen on these queries, it looks a little better than on others.',
    none: 'No relevant document was scored.',
    from: 'From',
    to: 'to',
    relevantColumn: 'Relevant',
    notRelevantColumn: 'Not relevant',
  },
  queries: {
    heading: 'Queries',
    filter: 'Filter queries',
    shown: (shown: string, total: string) => `${shown} of ${total}`,
    none: 'No query matches.',
    order: 'Sort by',
    orders: { gain: 'Gain', loss: 'Loss', order: 'Collection' },
    query: 'query',
    before: 'before',
    after: 'after',
    gain: 'gain',
    rank: 'first relevant',
    rankHint: 'Rank of the first relevant document, before and after',
    noRank: 'none',
    arrow: (before: string, after: string) => `${before} → ${after}`,
    caption: (metric: string, baseline: string, system: string) =>
      `${metric} of each query with ${baseline} (before) and ${system} (after)`,
  },
  report: {
    heading: 'Report',
    text: 'All figures with settings, models, machine and how they were computed, so that somebody else can check them.',
    copy: 'Copy as Markdown',
    markdown: 'Save Markdown',
    json: 'Save JSON',
    making: 'Writing the report',
    copied: 'Copied.',
    failed: 'The browser does not let the page copy. Save it instead.',
  },
  export: {
    heading: 'Rankings',
    system: 'Order',
    queries: 'Queries',
    queriesHint: 'Only the first so many; empty: all',
    all: (count: string) => `all ${count}`,
    size: (documents: string, queries: string) => `${documents} in ${queries}`,
    documentsCount: (count: string, plural: boolean) => `${count} document${plural ? 's' : ''}`,
    queriesCount: (count: string, plural: boolean) => `${count} quer${plural ? 'ies' : 'y'}`,
    weight: (model: string) =>
      `The weighted fusion has the weight of the evaluation: ${model} for the model.`,
    partly: (done: string, total: string) =>
      `The run has finished ${done} of ${total} queries; the others are left out.`,
    nothing: 'There is nothing to rank: queries or documents are missing.',
    whole: 'The whole collection',
    wholeText:
      'Documents, queries, candidates, judgements and all runs in one file, which this page imports again.',
    saveWhole: 'Save the collection',
    saving: 'Writing',
    cancel: 'Cancel',
  },
};

/** What every language must bring: a missing or a wrong key does not compile. */
export type EvaluationDictionary = typeof evaluationEn;
