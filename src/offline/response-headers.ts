/**
 * The headers of every answer of this origin: sent by the servers of `npm start` and `npm run dev`,
 * and put onto its answers by the service worker where a static host cannot send them.
 */

/**
 * What a page could ask the browser for, and this one never does. Only names that browsers know
 * everywhere: of any other they complain with every page (Chromium on Linux of `bluetooth`).
 */
const unusedFeatures: readonly string[] = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'camera',
  'compute-pressure',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'interest-cohort',
  'keyboard-map',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'otp-credentials',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'sync-xhr',
  'usb',
  'window-management',
  'xr-spatial-tracking',
];

/**
 * Cross-origin isolation gives the page SharedArrayBuffer, which WebAssembly threads need. The
 * rest keeps other sites out, tells them nothing, and turns off what is never used; writing to the
 * clipboard is, by "Copy".
 */
export const responseHeaders: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': unusedFeatures.map((feature) => `${feature}=()`).join(', '),
};

/**
 * What the built page may do: ask this origin alone, and run scripts of this origin alone. No text
 * becomes markup or a script: Trusted Types refuse it (src/app/trusted-types.ts holds the one
 * policy), in browsers that have them. As a meta element it goes with the page to hosts that send
 * no headers.
 */
export const pagePolicy = policyOf({
  // WebAssembly runs in workers alone.
  script: "'self'",
  connect: "'self'",
  more: [
    "style-src 'self'",
    "font-src 'self'",
    // Pictures that are copied and saved are drawn from a text of this page.
    "img-src 'self' data: blob:",
    "manifest-src 'self'",
    "worker-src 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ],
});

/** A meta element cannot say it, and browsers complain of one that does. */
const framePolicy = "frame-ancestors 'none'";

/**
 * Scores texts. Its wasm and the embedded model come from this origin, and so do the threads that
 * the runtime starts. No Trusted Types: a worker has no markup, and the runtime names its threads'
 * script by a plain address, which `worker-src` holds to this origin.
 */
const scoringPolicy = policyOf({
  script: "'self' 'wasm-unsafe-eval'",
  connect: "'self'",
  more: ["worker-src 'self'"],
});

/** Keep or search the user's texts, and need no network for it: none is open to them. */
const silentPolicy = policyOf({ script: "'self' 'wasm-unsafe-eval'", connect: "'none'" });

/**
 * Fetches models from the hosts that the user chooses, and nobody else may reach any. It never
 * sees a query or a document. All of https, rather than the one host that was chosen: hubs and
 * mirrors redirect downloads to file hosts of names that only they know and that change, one
 * worker serves several hosts at a time (a download that goes on, a look-up elsewhere), and where
 * the browser keeps no files it holds the only copy of the models, so it cannot be started again
 * for another host.
 */
const modelStorePolicy = policyOf({
  script: "'self' 'wasm-unsafe-eval'",
  connect: "'self' https: http://localhost:* http://127.0.0.1:*",
});

/** By the name of a worker's script, as the build writes it into the folder of assets. */
const workerPolicies: readonly (readonly [RegExp, string])[] = [
  [/\/assets\/model-store\.worker-[\w-]+\.js$/u, modelStorePolicy],
  [/\/assets\/(?:lexical|collections)\.worker-[\w-]+\.js$/u, silentPolicy],
  // Every other script, the threads' and the service worker's among them.
  [/\.m?js$/u, scoringPolicy],
];

/**
 * The Content-Security-Policy of one answer. As a header it binds each worker, too; a meta element
 * binds the page alone.
 * @param pathname of the address, without query
 */
export function contentSecurityPolicyFor(pathname: string): string {
  const worker = workerPolicies.find(([script]) => script.test(pathname));
  return worker?.[1] ?? `${pagePolicy}; ${framePolicy}`;
}

/** Whatever is not named is refused. */
function policyOf({
  script,
  connect,
  more = [],
}: {
  readonly script: string;
  readonly connect: string;
  readonly more?: readonly string[];
}): string {
  return [
    "default-src 'none'",
    `script-src ${script}`,
    `connect-src ${connect}`,
    ...more,
    "object-src 'none'",
    "frame-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
