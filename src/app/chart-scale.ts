/** Where a value is drawn: pixels for a value of the domain, also for values outside of it. */
export type Scale = (value: number) => number;

/** A scale between two values and two places; the middle of the places where the values are equal. */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): Scale {
  if (low === high) return () => (from + to) / 2;
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/**
 * Values to write at an axis, ascending: all multiples from `low` to `high` of the smallest 1, 2 or
 * 5 times a power of ten that gives at most `most` of them. Only `low` where both are equal.
 * @param most >= 2
 */
export function niceTicks(low: number, high: number, most: number): readonly number[] {
  if (!(high > low)) return [low];
  const { width, decimals } = niceStep(low, high, most);
  const ticks: number[] = [];
  for (let place = Math.ceil(low / width - 1e-9); place <= high / width + 1e-9; place += 1) {
    ticks.push(rounded(place * width, decimals));
  }
  return ticks;
}

/** An axis that begins and ends at a tick. */
export interface Axis {
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/**
 * An axis for values from `low` to `high`, widened to the ticks around them, so that nothing is
 * drawn beyond the last one. It begins at `low` and has some length where both are equal.
 * @param most ticks at most, >= 3
 */
export function niceAxis(low: number, high: number, most: number): Axis {
  const end = high > low ? high : low === 0 ? 1 : low + Math.abs(low);
  for (let fewer = most; fewer > 2; fewer -= 1) {
    const { width, decimals } = niceStep(low, end, fewer);
    const from = Math.floor(low / width + 1e-9);
    const to = Math.ceil(end / width - 1e-9);
    if (to - from + 1 > most) continue;
    const ticks = Array.from({ length: to - from + 1 }, (_, place) =>
      rounded((from + place) * width, decimals),
    );
    return { domain: [ticks[0] ?? low, ticks.at(-1) ?? end], ticks };
  }
  return { domain: [low, end], ticks: niceTicks(low, end, most) };
}

/** Decimals that tell ticks apart, 0 to 10. */
export function decimalsOf(ticks: readonly number[]): number {
  const gap = Math.min(...ticks.slice(1).map((tick, before) => tick - (ticks[before] ?? tick)));
  if (!Number.isFinite(gap) || gap <= 0) return 2;
  return Math.min(10, Math.max(0, -Math.floor(Math.log10(gap) + 1e-9)));
}

/** 3 * 0.1 is 0.30000000000000004; the text of a rounded number is the number that is meant. */
function rounded(value: number, decimals: number): number {
  // Adding 0 makes 0 of -0.
  return Number(value.toFixed(decimals)) + 0;
}

function niceStep(
  low: number,
  high: number,
  most: number,
): { readonly width: number; readonly decimals: number } {
  const least = (high - low) / Math.max(1, most);
  let exponent = Math.floor(Math.log10(least));
  for (;;) {
    for (const step of [1, 2, 5]) {
      const width = step * 10 ** exponent;
      const first = Math.ceil(low / width - 1e-9);
      const last = Math.floor(high / width + 1e-9);
      if (last - first + 1 <= most)
        return { width, decimals: Math.min(100, Math.max(0, -exponent)) };
    }
    exponent += 1;
  }
}
