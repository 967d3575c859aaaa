// Chance that can be repeated: the same seed gives the same sequence.

/**
 * @typedef {object} Chance
 * @property {() => number} share 0 <= share < 1
 * @property {(most: number) => number} below a whole number, 0 <= number < most
 * @property {<T>(some: readonly T[]) => T} oneOf
 */

/**
 * A xorshift generator of 32 bits: George Marsaglia, Xorshift RNGs, 2003,
 * https://doi.org/10.18637/jss.v008.i14
 * @param {number} seed a whole number
 * @returns {Chance}
 */
export function chanceFrom(seed) {
  let state = (seed | 0) === 0 ? 1 : seed | 0;
  const share = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ most) => Math.floor(share() * most);
  // Nearby seeds begin alike.
  for (let turn = 0; turn < 20; turn++) share();
  return {
    share,
    below,
    oneOf: (some) => {
      const chosen = some[below(some.length)];
      if (chosen === undefined) throw new Error('Nothing to choose from.');
      return chosen;
    },
  };
}
