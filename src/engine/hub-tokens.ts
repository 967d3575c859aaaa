import { RerankError } from '../core/errors.ts';
import { checkHost, defaultHost } from '../models/hub-address.ts';

/** Longest token that is taken; those of hubs have some forty characters. */
const mostCharacters = 2_000;

/** Access tokens of hubs, by origin: each goes to the origin that it was given for, and no other. */
export class HubTokens {
  readonly #given = new Map<string, string>();
  readonly #elsewhere: (origin: string) => Promise<string | null>;

  /** @param elsewhere asked for a token that was not given here; default: there is none */
  constructor(elsewhere: (origin: string) => Promise<string | null> = async () => null) {
    this.#elsewhere = elsewhere;
  }

  /**
   * Takes a token for the origin of a host, in place of the one before. It stays in memory, for as
   * long as this object does.
   * @param host Default: the hub that is asked by default.
   * @throws RerankError `invalid-request`; the message never holds the token
   */
  give(token: unknown, host: string = defaultHost): void {
    this.#given.set(originOfHost(host), checkToken(token));
  }

  /** The token for requests to a host; undefined when there is none. */
  async of(host: string): Promise<string | undefined> {
    // What was brought from disk has a host of its own, which is no address.
    if (!URL.canParse(host)) return undefined;
    const origin = originOfHost(host);
    return this.#given.get(origin) ?? (await this.#elsewhere(origin)) ?? undefined;
  }
}

/**
 * The origin that a token of a host belongs to, whatever path a mirror adds to it.
 * @throws RerankError `invalid-request` for what cannot be a hub
 */
export function originOfHost(host: string): string {
  return new URL(checkHost(host)).origin;
}

/**
 * A token without blanks around it.
 * @throws RerankError `invalid-request` for what cannot be one; the message never holds it
 */
export function checkToken(token: unknown): string {
  const checked = typeof token === 'string' ? token.trim() : '';
  // What a header may carry. The browser's own refusal would quote it.
  if (/^[\x21-\x7e]+$/u.test(checked) && checked.length <= mostCharacters) return checked;
  throw new RerankError(
    'invalid-request',
    `The token cannot be one: pass letters, digits and signs without blanks, at most ` +
      `${mostCharacters} of them. Copy it once more from the hub's settings.`,
  );
}
