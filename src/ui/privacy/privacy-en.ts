import type { RequestOrigin, RequestVia } from '../../app/requests-store.ts';

/** English words about what left this machine. */
export const privacyEn = {
  heading: 'What left this machine',
  lead: 'Your queries and documents stay here. These are the requests that the app has made since this page was opened, as the browser itself recorded them.',
  none: 'No request has been made yet.',
  sent: (count: number, shown: string) => (count === 1 ? '1 request' : `${shown} requests`),
  total: (parts: string) => `${parts} since this page was opened`,
  toThisSite: (shown: string) => `${shown} to this site`,
  toHost: (shown: string, host: string) => `${shown} to ${host}`,
  nothingSent: 'Nothing was asked of the network since this page was opened',
  kept: (count: number, shown: string, isMore: boolean) =>
    `${shown}${isMore ? ' more' : ''} ${count === 1 ? 'was' : 'were'} answered from what this browser keeps`,
  list: (parts: readonly string[]) => parts.join(', '),
  guarantee:
    'The browser itself sees to it: a Content Security Policy lets the page and the workers that hold your text reach this site and no other. This site is asked for the app’s own files, at the addresses below. One worker may ask other hosts, for models that you choose; it is never given a query or a document.',
  weak: 'This site sends no security headers yet, so the policy binds the page but not its workers. Reload once: from then on the app adds them itself.',
  hosts: 'Hosts',
  all: 'All',
  thisSite: 'this site',
  allLabel: (shown: string) => `All requests: ${shown}`,
  copy: 'Copy JSON',
  table: 'Requests',
  columns: {
    time: 'Time',
    from: 'Asked by',
    address: 'Address',
    size: 'Size',
    via: 'Answered from',
    status: 'Status',
  },
  from: {
    page: 'page',
    scoring: 'scoring',
    keywords: 'keywords',
    models: 'model downloads',
    collections: 'collections',
    'service-worker': 'offline copy',
  } satisfies Record<RequestOrigin, string>,
  via: {
    network: 'network',
    cache: 'browser’s cache',
    'service-worker': 'offline copy',
  } satisfies Record<RequestVia, string>,
  notTold: 'not told',
  unseen: {
    heading: 'What this list cannot show',
    points: [
      'What the browser does by itself, and what its extensions do: neither asks this page.',
      'The questions whether a request is allowed (preflights), which browsers put before some requests to a host that is listed.',
      'The answers of hosts that do not let themselves be measured: their size is missing.',
      'What came of the looks for a newer version (service-worker.js), which browsers record nowhere: the app counts one when it is opened, and each that it asks for later.',
      'The last moments of a worker that was ended, and what the offline copy fetched or passed on before the browser last put it to sleep.',
      'Other tabs of this app: each has a list of its own.',
    ],
  },
};

export type PrivacyDictionary = typeof privacyEn;
