/** English words about work that was kept, set aside, or cannot be kept. */
export const workEn = {
  offer: {
    label: 'Your last work',
    lead: 'Your last work here:',
    query: (query: string) => `“${query}”`,
    noQuery: 'no query yet',
    documents: (count: string, plural: boolean) => `${count} document${plural ? 's' : ''}`,
    ranked: (when: string) => `ranked ${when}`,
    changed: (when: string) => `changed ${when}`,
    bringBack: 'Bring it back',
    notNow: 'Not now',
    forget: 'Delete',
    forgetName: 'Delete your last work for good',
    forgetQuestion: 'For good?',
  },
  /** A run that was not over when the page went away. */
  left: {
    one: (done: string, total: string) =>
      `The page was left during this run: ${done} of ${total} documents are scored, the rest stand in BM25 order.`,
    /** Before the order by keywords was known. */
    unordered: (done: string, total: string) =>
      `The page was left during this run: ${done} of ${total} documents are scored.`,
    fast: (done: string, total: string, fast: string) =>
      `The page was left during this run: ${fast} has scored ${done} of ${total} documents, and none was scored again.`,
    strong: (done: string, depth: string, fast: string, strong: string) =>
      `The page was left during this run: ${fast} has scored all documents, and ${strong} ${done} of the best ${depth} again.`,
    goOn: 'Score the rest',
  },
  /** A day that has a name, and the time of it. */
  when: (day: string, time: string) => `${day} ${time}`,
  aside: {
    label: 'Set aside',
    lead: 'Something that was kept on this machine could not be read. Nothing was deleted: it was set aside.',
    kinds: {
      work: 'Query, documents and result of a tab',
      settings: 'Settings',
      draft: 'Text of a tab',
      other: 'Measurements',
    },
    reasons: {
      damaged: 'damaged',
      'newer-version': 'written by a newer version of Crossrank',
    },
    download: 'Download',
    delete: 'Delete',
    deleteName: (what: string) => `Delete for good: ${what}`,
    deleteQuestion: 'For good?',
    close: 'Leave it there',
  },
  problem: 'Kept work',
  problems: {
    'newer-release':
      'A newer version of Crossrank keeps its work here now. This tab goes on with what it has; new results are not kept. Reload the page to get the newer version.',
    blocked:
      'A tab with an earlier version of Crossrank holds what is kept here. This page goes on without it, and takes it up again as soon as that tab is closed or reloaded.',
    full: 'There is no room left to keep your work on this machine. What is on the screen stays until you leave the page. Delete models or collections that you no longer need.',
    unavailable:
      'Your work cannot be kept on this machine now. What is on the screen stays until you leave the page.',
  },
  reload: 'Reload',
  close: 'OK',
};

export type WorkDictionary = typeof workEn;
