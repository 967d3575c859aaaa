/** Pixels of a wide character (Chinese, Japanese, Korean) and of another one, at 11 pixels. */
const wide = 11;
const narrow = 6.1;

/** About how wide a text is at 11 pixels: pictures leave room before anything can be measured. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += character >= '\u2e80' ? wide : narrow;
  return width;
}

/** The text, or its beginning and an ellipsis where it is wider than the room. */
export function fittingText(text: string, pixels: number): string {
  if (textWidth(text) <= pixels) return text;
  let kept = '';
  let width = narrow;
  for (const character of text) {
    width += textWidth(character);
    if (width > pixels) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** The places that can be named without names touching each other: the last always, then the first. */
export function roomyPlaces(places: readonly number[], gap: number): ReadonlySet<number> {
  const kept = new Set<number>();
  const taken: number[] = [];
  const order = [places.length - 1, ...places.keys()];
  for (const index of order) {
    const place = places[index];
    if (place === undefined || kept.has(index)) continue;
    if (taken.some((other) => Math.abs(other - place) < gap)) continue;
    kept.add(index);
    taken.push(place);
  }
  return kept;
}
