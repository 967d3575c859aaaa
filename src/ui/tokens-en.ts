/** English words about access tokens of hubs. */
export const tokensEn = {
  labelOf: (host: string) => `Access token for ${host}`,
  add: 'Access token…',
  show: 'Show',
  hide: 'Hide',
  keep: 'Keep on this machine',
  keepHint: 'Unencrypted, in this browser’s storage. Otherwise it goes with the page.',
  use: 'Use',
  forget: 'Forget token',
  hint: (host: string) =>
    `For gated and private models. Sent to ${host} alone, never along with a redirect, and written into no link, log or export. A token that may only read is enough.`,
  places: {
    memory: (host: string) => `A token for ${host} is in memory until this page closes.`,
    'this-machine': (host: string) => `A token for ${host} is kept on this machine.`,
  },
  refused:
    'This cannot be a token: tokens have no blanks and only plain letters, digits and signs. Copy it again.',
  notKept: 'This browser refuses to keep it; it is in memory until the page closes.',
};

export type TokensDictionary = typeof tokensEn;
