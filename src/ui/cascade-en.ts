/** English words of runs in which two models score one after the other. */
export const cascadeEn = {
  label: 'Cascade',
  off: 'off',
  first: (fast: string) => `${fast} first`,
  hint: (strong: string) =>
    `A fast model scores every document, and ${strong} scores the best of them again.`,
  depthLabel: 'Scored again',
  depth: (depth: string) => `best ${depth} again`,
  few: (depth: string, strong: string) =>
    `Takes effect from more than ${depth} documents; ${strong} reads up to ${depth} by itself.`,
  gone: (fast: string) => `${fast} is no longer on this machine: the cascade is off.`,
  stages: {
    fast: (fast: string) => `Stage 1 of 2: ${fast}`,
    strong: (strong: string, depth: string) => `Stage 2 of 2: best ${depth} again with ${strong}`,
  },
  announce: (strong: string, depth: string) => `The best ${depth} are scored again by ${strong}.`,
  cancelled: {
    fast: (done: string, total: string, fast: string) =>
      `Cancelled: ${fast} has scored ${done} of ${total} documents, the rest stand below in BM25 order. None was scored again.`,
    strong: (done: string, depth: string, fast: string, strong: string) =>
      `Cancelled: ${fast} has scored all documents, and ${strong} ${done} of the best ${depth} again.`,
  },
  marks: {
    strong: (strong: string, depth: string) => `Best ${depth}, scored again by ${strong}`,
    some: (strong: string, again: string, depth: string) =>
      `${again} of the best ${depth}, scored again by ${strong}`,
    fast: (fast: string) => `By ${fast} alone: not to be compared with the scores above`,
  },
  sides: (strong: string) => `${strong} has scored again what stands above the line on the right.`,
  failed: (strong: string, fast: string) =>
    `${strong} could not score the best again; this is the ranking of ${fast}.`,
  cost: (fast: string, time: string, documents: string) =>
    `${fast} ${time} for ${documents} documents`,
  costAgain: (strong: string, time: string, documents: string) =>
    `${strong} ${time} for ${documents}`,
  alone: (strong: string, time: string) => `${strong} for all would take about ${time}`,
  remembered: (count: string, total: string) => `${count} of ${total} scores remembered`,
  list: (parts: readonly string[]) => parts.join(', '),
  inTurn: (fast: string, strong: string) => `${fast}, then ${strong}`,
  truth: {
    heading: 'Both stages',
    columns: {
      stage: 'Stage',
      documents: 'Documents',
      time: 'Time',
      tokens: 'Tokens per second',
    },
    remembered: (count: string) => `${count} remembered`,
    together: 'Together',
    saved: (strong: string, alone: string, saved: string) =>
      `${strong} for all documents would take about ${alone}: the cascade saved about ${saved}.`,
    lost: (strong: string, alone: string, lost: string) =>
      `${strong} for all documents would take about ${alone}: the cascade took about ${lost} more.`,
    how: (rate: string, tokens: string) =>
      `Estimated from its ${rate} tokens per second here and about ${tokens} tokens in all documents.`,
    notKnown: (strong: string) =>
      `Every score of ${strong} was remembered, so this run does not tell what it would take for all documents.`,
    figuresOf: 'Figures of',
  },
};

export type CascadeDictionary = typeof cascadeEn;
