// Which tokens JSON's grammar allows in each state of a scan: s is a string, v another scalar.
const allowedTokens = {
  value: '[{sv',
  'first-element': '[{sv]',
  'after-element': ',]',
  'first-key': 's}',
  key: 's',
  colon: ':',
  'after-member': ',}',
  end: '',
};

type JsonState = keyof typeof allowedTokens;

const jsonSpace = /[ \t\r\n]+/y;
const jsonScalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const jsonEscape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/**
 * The offset at which a text stops being JSON (its length if it ends too early), or undefined if
 * it is JSON. A scan of our own, because `JSON.parse` tells the place in words that differ between
 * V8's versions (none at all for short texts), Firefox and Safari (never), and quotes the user's
 * text in them. No recursion, so that a million opening brackets do not exhaust the stack.
 */
export function findJsonFault(text: string): number | undefined {
  const open: string[] = [];
  let state: JsonState = 'value';
  let at = 0;
  for (;;) {
    at = matchEnd(jsonSpace, text, at) ?? at;
    if (at === text.length) return state === 'end' ? undefined : at;
    const token = scanJsonToken(text, at);
    if (!allowedTokens[state].includes(token.type)) return at;
    if (!token.complete) return token.end;
    at = token.end;
    if (token.type === '[' || token.type === '{') open.push(token.type);
    if (token.type === ']' || token.type === '}') open.pop();
    state = stateAfter(token.type, state, open);
  }
}

function stateAfter(type: string, state: JsonState, open: readonly string[]): JsonState {
  if (type === '[') return 'first-element';
  if (type === '{') return 'first-key';
  if (type === ',') return state === 'after-element' ? 'value' : 'key';
  if (type === ':') return 'value';
  if (state === 'key' || (state === 'first-key' && type === 's')) return 'colon';
  if (open.length === 0) return 'end';
  return open.at(-1) === '[' ? 'after-element' : 'after-member';
}

/** `type` as in `allowedTokens`, `?` for no token; `end` is past it, or where it goes wrong. */
function scanJsonToken(text: string, at: number): { type: string; end: number; complete: boolean } {
  const char = text.charAt(at);
  if ('[]{},:'.includes(char)) return { type: char, end: at + 1, complete: true };
  if (char === '"') return { type: 's', ...scanJsonString(text, at) };
  const end = matchEnd(jsonScalar, text, at);
  return { type: end === undefined ? '?' : 'v', end: end ?? at, complete: true };
}

function scanJsonString(text: string, start: number): { end: number; complete: boolean } {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { end: at + 1, complete: true };
    const next = code === 0x5c ? matchEnd(jsonEscape, text, at) : at + 1;
    if (code < 0x20 || next === undefined) break;
    at = next;
  }
  return { end: at, complete: false };
}

function matchEnd(sticky: RegExp, text: string, at: number): number | undefined {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : undefined;
}
