import type { CheckDetail } from '../../app/diagnostics-checks.ts';

/** English words of the diagnostics. */
export const diagnosticsEn = {
  heading: 'Diagnostics',
  lead: 'What this browser and this machine offer, and whether it works. It is read here and shown here; nothing is sent.',
  copyMarkdown: 'Copy diagnostics',
  copyJson: 'Copy as JSON',
  copyNote:
    'Copies hold no text of yours: no query, no document, no name of a file or of a model of your own.',
  yes: 'yes',
  no: 'no',
  unknown: 'not told',
  none: 'none',
  asking: 'Asking …',

  check: {
    heading: 'Self-test',
    note: 'Tries for real what the app is made of, in workers of its own. Your runs and the model in use are left alone.',
    start: 'Run the self-test',
    again: 'Run it again',
    stop: 'Stop',
    running: 'running',
    waiting: 'waiting',
    ms: (value: string) => `${value} ms`,
    verdicts: { passed: 'passed', failed: 'failed', skipped: 'not here' },
    counts: {
      passed: (count: string) => `${count} passed`,
      failed: (count: string) => `${count} failed`,
      skipped: (count: string) => `${count} not here`,
    },
    summary: (counts: readonly string[]) => `${counts.join(', ')}.`,
    detail: (detail: CheckDetail): string => {
      switch (detail.found) {
        case 'worker-answers':
          return 'A worker was started and answers.';
        case 'order': {
          const { order, expected } = detail;
          const said = `Three known documents were ranked ${order}.`;
          return order === expected ? said : `${said} It should be ${expected}.`;
        }
        case 'logits': {
          const { pairs, largestDifference, tolerance } = detail;
          const difference = largestDifference?.toExponential(1) ?? '?';
          return `${pairs} known pairs, largest difference ${difference} of ${tolerance} accepted.`;
        }
        case 'other-device':
          return `It runs on ${detail.device === 'webgpu' ? 'WebGPU' : detail.device.toUpperCase()} instead.`;
        case 'no-adapter':
          return 'WebGPU found no adapter here.';
        case 'kept':
          return 'Written, read and deleted.';
        case 'absent':
          return 'This browser has none here.';
        case 'refused':
          return 'The browser refused.';
        case 'message':
          return detail.message;
        default:
          return detail satisfies never;
      }
    },
    announce: (name: string) => `Checking: ${name}`,
    names: {
      'keyword-worker': 'A worker starts',
      'keyword-order': 'BM25 ranks a known list',
      'model-wasm': 'The model on WASM computes known logits',
      'model-webgpu': 'The model on WebGPU computes known logits',
      'local-storage': 'Settings can be kept (localStorage)',
      'indexed-db': 'Collections and work can be kept (IndexedDB)',
      opfs: 'Models can be kept (origin private file system)',
      'cache-storage': 'The app can be kept for offline use (Cache Storage)',
    },
    advice: {
      'keyword-worker':
        'Workers of this site are blocked or could not be fetched. Reload; if that does not help, switch off extensions that block scripts.',
      'keyword-order':
        'This browser splits words differently. Please report it with the diagnostics.',
      'model-wasm':
        'Reload the page. If the files are damaged or missing, the site was not copied in full to its host.',
      'model-webgpu':
        'Choose WASM in the panel at the top. Updating the graphics driver or the browser often helps.',
      'local-storage':
        'The browser refuses: a private window, blocked site data, or a full disk. The app works, and forgets with the tab.',
      'indexed-db':
        'The browser refuses: a private window, blocked site data, or a full disk. Export what you want to keep.',
      opfs: 'Models other than the small one are fetched anew in each visit. Allow site data, or free some space.',
      'cache-storage': 'The app needs a network to open. Allow site data, or free some space.',
    },
  },

  app: {
    heading: 'App',
    version: 'Version',
    build: 'Build',
    language: 'Language',
    theme: 'Theme',
    offline: 'Offline use',
    update: 'Update',
    keepOffline: 'Keep it for offline use',
    forgetOffline: 'Remove the offline copy',
    offlinePhases: {
      unsupported: 'not possible here',
      none: 'not kept yet',
      filling: 'being kept',
      ready: 'ready',
      failed: 'failed',
    },
    offlineReasons: {
      browser: 'this browser has no service workers',
      insecure: 'the page came over plain HTTP',
      refused: 'the browser refuses',
      development: 'development server',
      waiting: 'when the page has nothing else to do',
      'save-data': 'the browser saves data',
      forgotten: 'removed',
      'storage-full': 'the storage is full',
      'storage-refused': 'the browser refuses storage',
      network: 'the network went away',
      'files-changed': 'the site was updated meanwhile',
    },
    updates: {
      none: 'none waiting',
      waiting: 'a newer version waits for a reload',
      elsewhere: 'another tab has taken a newer version',
    },
  },
  browser: {
    heading: 'Browser',
    brands: 'Product',
    userAgent: 'User agent',
    platform: 'Platform',
    cores: 'Logical processors',
    memory: 'Memory, as told',
    languages: 'Languages',
    online: 'Network',
    onlineWords: { online: 'there', offline: 'away' },
    window: 'Window',
  },
  wasm: {
    heading: 'WebAssembly',
    simd: 'SIMD',
    threads: 'Threads',
    isolation: 'Isolated page',
    isolations: {
      isolated: 'yes: threads can share memory',
      'not-secure': 'no: the page came over plain HTTP',
      'no-headers': 'no: the host sends no isolation headers, so there is one thread',
    },
    suspending: 'JSPI (suspending)',
    memory64: '64-bit memory',
  },
  webgpu: {
    heading: 'WebGPU',
    adapter: 'Adapter',
    kind: 'Kind',
    software: 'software: computes on the CPU, slower than WASM',
    hardware: 'hardware',
    features: 'Features',
    absent: {
      'no-api': 'This browser has no WebGPU.',
      'no-adapter': 'WebGPU found no adapter. Graphics acceleration may be switched off.',
    },
  },
  storage: {
    heading: 'Storage',
    used: 'Used',
    quota: 'Allowed',
    persisted: 'Kept for good',
    persistedWords: {
      yes: 'yes: the browser asks before clearing it',
      no: 'no: may be cleared when space is short',
    },
    works: 'works',
    missing: 'not in this browser',
    refused: (error: string) => `refused (${error})`,
    keep: 'Ask the browser to keep it',
    keepRefused: 'The browser refused for now.',
    kinds: {
      'local-storage': 'localStorage',
      'indexed-db': 'IndexedDB',
      opfs: 'Private file system',
      'cache-storage': 'Cache Storage',
    },
    refresh: 'Ask again',
  },
  kept: {
    heading: 'Texts and results kept here',
    note: 'What is typed and ranked stays in this browser, so that a reload or a crash loses nothing.',
    noAside: 'Nothing had to be set aside.',
    aside: 'Set aside since it could not be read; nothing of it was deleted:',
    forget: 'Forget everything typed here',
    forgetQuestion:
      'Texts, results, settings and kept access tokens of all tabs go for good, and other tabs are loaded anew; models and collections stay.',
    refused:
      'The browser refused to delete all of it. Clear the site data in the browser’s settings.',
  },
  model: {
    heading: 'Model in use',
    none: 'No model is loaded yet.',
    test: 'Load and test it again',
    busy: 'Busy',
    failed: 'It could not be loaded:',
    selfTest: 'Self-test of the model',
  },
  errors: {
    heading: 'Errors of this session',
    none: 'None so far.',
    note: 'Kept in memory until the page is closed: class and place, never the message.',
    after: (seconds: string) => `after ${seconds} s`,
    recovered: 'recovered by itself',
    where: {
      view: 'while drawing a view',
      page: 'in the page',
      promise: 'in a promise',
      run: 'in a run',
      model: 'while loading a model',
    },
  },
  licences: {
    heading: 'Licences',
    open: 'Show what the app is built from',
    note: (count: string) => `${count} packages are part of the app and its workers.`,
    loading: 'Fetching the list …',
    failed: 'The list could not be fetched.',
    again: 'Try again',
    columns: { name: 'Package', version: 'Version', licence: 'Licence' },
    text: (name: string) => `Licence of ${name}`,
    model: 'Card of the embedded model: what it was trained on, and under which licences',
    traps: 'The texts of the keyword traps were written for this app.',
  },
};

/** What every language must bring: a missing or a wrong key does not compile. */
export type DiagnosticsDictionary = typeof diagnosticsEn;
