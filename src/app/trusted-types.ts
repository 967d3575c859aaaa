/**
 * The page's one policy of Trusted Types; this module is imported before everything else, so that
 * no worker is started without it. A text becomes a script's address only where it leads to a
 * script of this app. There is no way at all from a text to markup or to a script: without
 * `createHTML` and `createScript` the browser refuses it.
 * Source: https://w3c.github.io/trusted-types/dist/spec/#default-policy-hdr
 */

/** TypeScript's DOM library does not know it yet, and not every browser has it. */
interface TrustedTypesFactory {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (address: string) => string },
  ): unknown;
}

// Read as a property that may not be there: browsers without it go on without it.
const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypesFactory };

trustedTypes?.createPolicy('default', {
  createScriptURL: (address) => {
    // Not the page's address, which carries the place within the app.
    const base = new URL(import.meta.env.BASE_URL, new URL('.', location.href));
    const script = new URL(address, location.href);
    const isOfThisApp = script.origin === base.origin && script.pathname.startsWith(base.pathname);
    if (isOfThisApp) return script.href;
    throw new TypeError(`${script.origin} holds no script of this app.`);
  },
});
