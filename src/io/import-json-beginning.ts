/**
 * The value that the beginning of a JSON text describes: cut after the last whole element of an
 * array (one of those of the outermost array that has any in the second half of the text), with the
 * open brackets closed. Undefined if there is no such element or what stands before is no JSON.
 */
export function parseJsonBeginning(text: string): unknown {
  const cuts = findCuts(text);
  const late = cuts.filter(({ end }) => end * 2 >= text.length);
  const cut = late.at(0) ?? cuts.at(-1);
  if (cut === undefined) return undefined;
  try {
    return JSON.parse(text.slice(0, cut.end) + cut.closing);
  } catch {
    return undefined;
  }
}

interface Cut {
  readonly end: number;
  readonly closing: string;
}

/** After the last whole element of an array, by depth from the outside. */
function findCuts(text: string): readonly Cut[] {
  const cuts = new Map<number, Cut>();
  const open: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = endOfString(text, at);
      if (end === undefined) break;
      at = end;
    } else if (character === '[' || character === '{') {
      if (open.length >= maxDepth) break;
      open.push(character === '[' ? ']' : '}');
    } else if (character === ']' || character === '}') open.pop();
    else if (character === ',' && open.at(-1) === ']') {
      // In an array a comma follows a whole element.
      cuts.set(open.length, { end: at, closing: open.toReversed().join('') });
    }
  }
  return [...cuts].toSorted(([a], [b]) => a - b).map(([, cut]) => cut);
}

/** Where the quote is that ends a string; undefined if the text ends first. */
function endOfString(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charAt(at - slashes - 1) === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return undefined;
}

/** Deeper values are none that anybody brings. */
const maxDepth = 64;
