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
    forget: 'Forget it',
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
    close: 'Leave it there',
  },
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
