import { createStore } from 'zustand/vanilla';
import { checkToken, originOfHost } from '../engine/hub-tokens.ts';
import { readTokens, writeTokens } from '../io/token-storage.ts';
import { localSettings } from './browser-storage.ts';

/** Where a host's token is: `memory` ends with the page. The token itself is in no state. */
export interface TokensState {
  readonly places: Readonly<Record<string, 'memory' | 'this-machine'>>;
}

/** The values, where no state, no setting and no report of a failure can pick them up. */
const tokens = new Map<string, string>(Object.entries(readTokens(localSettings)));
const keptOrigins = new Set(tokens.keys());

// A token that another tab forgets is forgotten here, too.
addEventListener('storage', () => {
  const kept = readTokens(localSettings);
  for (const origin of keptOrigins) {
    if (Object.hasOwn(kept, origin)) continue;
    keptOrigins.delete(origin);
    tokens.delete(origin);
  }
  tokensStore.setState({ places: placesNow() });
});

/** Which hosts a token was given for. */
export const tokensStore = createStore<TokensState>(() => ({ places: placesNow() }));

/** The token for requests to an origin; null where none was given. */
export function tokenOf(origin: string): string | null {
  return tokens.get(origin) ?? null;
}

/** The origin that a token of a host belongs to; null for what is no address. */
export function originOf(host: string): string | null {
  try {
    return originOfHost(host);
  } catch {
    return null;
  }
}

/**
 * Takes a token for a host, for as long as the page is open or, if asked for, until it is
 * forgotten. `not-kept`: it is in memory, and the browser refuses to keep it. `refused`: it cannot
 * be a token.
 */
export function giveToken(
  origin: string,
  typed: string,
  keep: boolean,
): 'given' | 'not-kept' | 'refused' {
  let token: string;
  try {
    token = checkToken(typed);
  } catch {
    return 'refused';
  }
  tokens.set(origin, token);
  const isKept = keepOnly(origin, keep ? token : null);
  tokensStore.setState({ places: placesNow() });
  return keep && !isKept ? 'not-kept' : 'given';
}

/** Forgets the token of a host, here and on this machine. */
export function forgetToken(origin: string): void {
  tokens.delete(origin);
  keepOnly(origin, null);
  tokensStore.setState({ places: placesNow() });
}

/** Keeps one origin's token, or null: none. Those of the others stay as another tab left them. */
function keepOnly(origin: string, token: string | null): boolean {
  const { [origin]: _, ...others } = readTokens(localSettings);
  const written = writeTokens(
    localSettings,
    token === null ? others : { ...others, [origin]: token },
  );
  if (token !== null && written) keptOrigins.add(origin);
  else keptOrigins.delete(origin);
  return token !== null && written;
}

function placesNow(): TokensState['places'] {
  return Object.fromEntries(
    [...tokens.keys()].map((origin) => [
      origin,
      keptOrigins.has(origin) ? 'this-machine' : 'memory',
    ]),
  );
}
