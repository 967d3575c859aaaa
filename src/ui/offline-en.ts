/** English words of updates, and of what is kept for use without a network. */
export const offlineEn = {
  waiting: 'A new version is ready. Your text stays as it is.',
  elsewhere: 'Another tab has taken a newer version. Reload this one when it suits you.',
  isolation: 'After a reload, scoring uses all processor cores. Your text stays as it is.',
  reload: 'Reload',
  later: 'Later',
  runEnds: 'The run under way ends with the reload.',
};

export type OfflineDictionary = typeof offlineEn;
