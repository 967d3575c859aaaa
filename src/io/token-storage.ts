import * as v from 'valibot';
import type { KeyValueStorage } from './settings-storage.ts';

/** Access tokens of hubs that the user asked to keep, by origin. */
export type KeptTokens = Readonly<Record<string, string>>;

/**
 * The tokens that are kept on this machine; never throws. None where there are none, where the
 * browser refuses, or where what is there was not written by this release: that stays as it is.
 */
export function readTokens(storage: KeyValueStorage): KeptTokens {
  try {
    const kept = storage.getItem(tokensKey);
    if (kept === null) return {};
    const parsed = v.safeParse(keptSchema, JSON.parse(kept));
    return parsed.success ? Object.fromEntries(parsed.output.tokens) : {};
  } catch {
    return {};
  }
}

/** Keeps these tokens and no others, and says whether that worked; never throws. */
export function writeTokens(storage: KeyValueStorage, tokens: KeptTokens): boolean {
  try {
    const entries = Object.entries(tokens);
    if (entries.length === 0) storage.removeItem(tokensKey);
    else storage.setItem(tokensKey, JSON.stringify({ version: 1, tokens: entries }));
    return true;
  } catch {
    return false;
  }
}

/** Beside the settings, which may be copied and shown; these may not. */
const tokensKey = 'crossrank.tokens';

const originSchema = v.pipe(
  v.string(),
  v.maxLength(300),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text),
);

/** Pairs rather than an object: no name in it can mean anything but an origin. */
const keptSchema = v.object({
  version: v.literal(1),
  tokens: v.pipe(
    v.array(v.tuple([originSchema, v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,2000}$/u))])),
    v.maxLength(100),
  ),
});
