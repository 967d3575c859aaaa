import type { ImportPlace, ImportProblem, ImportProblemCode } from '../io/import-types.ts';

/** Most places that are kept of one problem. */
const maxPlaces = 5;

/** Counts problems by code and severity, and keeps the first few places of each. */
export class ProblemTally {
  readonly #entries = new Map<string, { problem: ImportProblem; places: ImportPlace[] }>();

  /** @param count occurrences at this place, >= 1, default 1 */
  add(
    code: ImportProblemCode,
    severity: ImportProblem['severity'],
    place: ImportPlace,
    count = 1,
  ): void {
    const key = `${severity} ${code}`;
    const places = this.#entries.get(key)?.places ?? [];
    const before = this.#entries.get(key)?.problem.count ?? 0;
    if (places.length < maxPlaces) places.push(place);
    this.#entries.set(key, { problem: { code, severity, count: before + count, places }, places });
  }

  /** Each problem once, in the order in which they first appeared. */
  problems(): readonly ImportProblem[] {
    return [...this.#entries.values()].map(({ problem, places }) => ({
      ...problem,
      places: [...places],
    }));
  }
}
