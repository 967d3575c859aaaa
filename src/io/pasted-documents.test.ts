import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentLayoutChoice, PastedDocuments } from './pasted-documents.ts';
import { formatDocuments, readPastedDocuments } from './pasted-documents.ts';

function documentsOf(text: string, choice?: DocumentLayoutChoice): readonly string[] {
  const read = readPastedDocuments(text, choice);
  if (!read.ok) throw new Error(`not read: ${JSON.stringify(read.problem)}`);
  return read.documents;
}

function problemOf(text: string, choice?: DocumentLayoutChoice) {
  const read = readPastedDocuments(text, choice);
  if (read.ok) throw new Error(`read as ${read.layout}`);
  return read.problem;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('lines', () => {
  it('makes each line a document and counts the blank ones it skips', () => {
    expect(readPastedDocuments('first\n\n  second \n \t\nthird\n')).toEqual({
      ok: true,
      layout: 'lines',
      documents: ['first', 'second', 'third'],
      skippedBlank: 2,
    } satisfies PastedDocuments);
  });

  it('counts no blank line after a final line break', () => {
    for (const text of ['a', 'a\n', 'a\r\n']) {
      expect(readPastedDocuments(text)).toMatchObject({ documents: ['a'], skippedBlank: 0 });
    }
  });

  it('keeps several lines without a blank one as several documents', () => {
    expect(documentsOf('one\ntwo\nthree')).toEqual(['one', 'two', 'three']);
  });

  it('keeps one-line blocks separated by blank lines as lines', () => {
    expect(readPastedDocuments('one\n\ntwo\n\nthree')).toMatchObject({
      layout: 'lines',
      documents: ['one', 'two', 'three'],
      skippedBlank: 2,
    });
  });

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
    ['NEL', '\u0085'],
    ['line separator', '\u2028'],
    ['paragraph separator', '\u2029'],
  ])('ends a line at %s', (_name, lineBreak) => {
    const text = ['住房公积金', 'two', '', 'three'].join(lineBreak);
    expect(readPastedDocuments(text, 'lines')).toMatchObject({
      documents: ['住房公积金', 'two', 'three'],
      skippedBlank: 1,
    });
  });

  it('takes CRLF as one line break, not as a blank line', () => {
    expect(readPastedDocuments('a\r\nb\r\nc')).toMatchObject({ layout: 'lines', skippedBlank: 0 });
    expect(documentsOf('a\r\nb', 'blank-lines')).toEqual(['a\r\nb']);
  });

  it('removes a byte order mark and every kind of white space around a document', () => {
    expect(documentsOf('\uFEFF\u3000 第一篇 \u00a0\n\tsecond\u2003\u0085')).toEqual([
      '第一篇',
      'second',
    ]);
  });

  it('keeps equal documents', () => {
    expect(documentsOf('same\nsame')).toEqual(['same', 'same']);
  });

  it.each(['', ' ', '\n', '\uFEFF', ' \r\n\t\u3000\u2028'])('finds no document in %j', (text) => {
    for (const choice of ['auto', 'lines', 'blank-lines', 'json'] as const) {
      expect(documentsOf(text, choice)).toEqual([]);
    }
  });

  it('leaves Chinese, emoji, lone surrogates, markup and right-to-left text as they are', () => {
    const documents = [
      '提取公积金需要哪些材料？',
      'family 👨‍👩‍👧‍👦 and flag 🇨🇳',
      'lone \ud800 and \udc00',
      '<script>alert(1)</script> & <img src=x onerror=alert(1)>',
      'שלום עולם \u202ehidden\u202c مرحبا',
      'nul \u0000 and escape \u001b[31m',
    ];
    expect(documentsOf(documents.join('\n'))).toEqual(documents);
  });
});

describe('blocks separated by blank lines', () => {
  it('is chosen when a blank line separates text and a block has several lines', () => {
    expect(readPastedDocuments('title\nbody\n\nother\n')).toEqual({
      ok: true,
      layout: 'blank-lines',
      documents: ['title\nbody', 'other'],
      skippedBlank: 0,
    } satisfies PastedDocuments);
  });

  it('is not chosen for blank lines before or after the text only', () => {
    expect(readPastedDocuments('\n\na\nb\n\n\n')).toMatchObject({
      layout: 'lines',
      documents: ['a', 'b'],
    });
  });

  it('keeps line breaks and indentation inside a block, trims around it', () => {
    expect(documentsOf('  a:\r\n    b\r\n    c  \r\n\r\n \r\nd')).toEqual([
      'a:\r\n    b\r\n    c',
      'd',
    ]);
  });

  it('takes lines of white space as blank', () => {
    expect(documentsOf('a\nb\n \t\u3000\nc')).toEqual(['a\nb', 'c']);
  });

  it('is overruled by the choice of lines, and the other way round', () => {
    expect(documentsOf('a\nb\n\nc', 'lines')).toEqual(['a', 'b', 'c']);
    expect(documentsOf('a\nb', 'blank-lines')).toEqual(['a\nb']);
  });
});

describe('JSON', () => {
  it('reads an array of strings', () => {
    expect(readPastedDocuments(' \n["one", "two\\nlines", "住房 \\ud83d\\ude00"]\n')).toEqual({
      ok: true,
      layout: 'json',
      documents: ['one', 'two\nlines', '住房 😀'],
      skippedBlank: 0,
    } satisfies PastedDocuments);
  });

  it('reads the field text of objects, mixed with strings if need be', () => {
    expect(documentsOf('[{"id": 7, "text": "one"}, "two"]')).toEqual(['one', 'two']);
  });

  it('trims, skips blank elements and counts them', () => {
    expect(readPastedDocuments('[" a ", "", "\\u3000\\n", {"text": " "}, "b"]')).toMatchObject({
      documents: ['a', 'b'],
      skippedBlank: 3,
    });
  });

  it('reads an empty array, and one behind a byte order mark', () => {
    expect(readPastedDocuments('[]')).toMatchObject({ layout: 'json', documents: [] });
    expect(documentsOf('\uFEFF["a"]')).toEqual(['a']);
  });

  it.each(['[1] a footnote\n[2] another', '[1]', '[[1], 2]', '[x]', '[', '[draft] "quoted"'])(
    'takes %j as lines, for it was not meant as JSON',
    (text) => {
      expect(readPastedDocuments(text)).toMatchObject({
        layout: 'lines',
        documents: text.split('\n'),
      });
    },
  );

  it('takes an object as lines unless JSON was chosen', () => {
    expect(documentsOf('{"text": "a"}')).toEqual(['{"text": "a"}']);
  });

  it.each(['["a", b]', '[ "a"', '[\n  {"text": "a"},\n', '["a"]\n["b"]'])(
    'reports %j instead of taking its lines apart',
    (text) => {
      expect(problemOf(text)).toMatchObject({ code: 'json-syntax' });
      expect(readPastedDocuments(text, 'lines').ok).toBe(true);
    },
  );

  it.each([
    ['["a", 2]', 1, 'number'],
    ['["a", true]', 1, 'boolean'],
    ['["a", "b", null]', 2, 'null'],
    ['["a", ["b"]]', 1, 'array'],
    ['[{"title": "a"}]', 0, 'object'],
    ['[{"text": 1}]', 0, 'object'],
  ])('names the element of %j that is no text', (text, position, found) => {
    expect(problemOf(text)).toEqual({ code: 'json-not-string', position, found });
  });

  it.each([
    ['{"documents": ["a"]}', 'object'],
    ['"a"', 'string'],
    ['3', 'number'],
    ['false', 'boolean'],
    ['null', 'null'],
  ])('says that %j is no array when JSON was chosen', (text, found) => {
    expect(problemOf(text, 'json')).toEqual({ code: 'json-not-array', found });
  });

  it.each([
    ['a word without quotes', '["a", b]', 1, 7],
    ['a missing comma', '["a" "b"]', 1, 6],
    ['a comma too many', '["a",]', 1, 6],
    ['two commas', '["a",,"b"]', 1, 6],
    ['a missing bracket', '["a",\n "b"\n', 2, 5],
    ['a line break in a string', '["a",\r\n "b\nc"]', 2, 4],
    ['an unknown escape', '["a\\x"]', 1, 4],
    ['a short code point', '["\\u12"]', 1, 3],
    ['an unclosed string', '["a', 1, 4],
    ['single quotes', "['a']", 1, 2],
    ['the wrong bracket', '["a"}', 1, 5],
    ['the other wrong bracket', '[{"text": "a"]', 1, 14],
    ['a key without quotes', '[{text: "a"}]', 1, 3],
    ['a missing colon', '[{"text" "a"}]', 1, 10],
    ['a missing value', '[{"text": }]', 1, 11],
    ['a comma before a brace', '[{"text": "a",}]', 1, 15],
    ['a leading zero', '["a", 01]', 1, 8],
    ['text behind the array', '["a"] b', 1, 7],
    ['what follows blank lines', '\n\n  ["a" b]', 3, 8],
    ['what follows emoji, in UTF-16 units', '["😀" b]', 1, 7],
    ['no JSON at all', 'hello', 1, 1],
  ])('locates %s', (_name, text, line, column) => {
    expect(isJson(text)).toBe(false);
    expect(problemOf(text, 'json')).toEqual({ code: 'json-syntax', line, column });
  });

  it('survives a million open brackets', () => {
    const text = '['.repeat(1_000_000);
    expect(problemOf(text, 'json')).toEqual({ code: 'json-syntax', line: 1, column: 1_000_001 });
    expect(documentsOf(text)).toEqual([text]);
  });

  it('locates a fault in exactly the texts that are no JSON', () => {
    const almostJson = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '\\', ']', '}', '[', '{', ':', '1'))
      .map(([json, seed, inserted]) => {
        const at = seed % (json.length + 1);
        return json.slice(0, at) + inserted + json.slice(inserted === '' ? at + 1 : at);
      });
    const soup = fc
      .array(fc.constantFrom(...'[]{},:"\\ \n01-.eu', 'true', 'null', '"a"'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(almostJson, soup), (text) => {
        fc.pre(text.trim() !== '');
        const read = readPastedDocuments(text, 'json');
        const syntaxProblem = !read.ok && read.problem.code === 'json-syntax' ? read.problem : null;
        expect(syntaxProblem === null).toBe(isJson(text));
        if (syntaxProblem !== null) expect(syntaxProblem.line).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('formatDocuments', () => {
  it('writes one-line documents as lines', () => {
    expect(formatDocuments(['a', '住房', '<b>c</b>'])).toEqual({
      text: 'a\n住房\n<b>c</b>',
      layout: 'lines',
    });
  });

  it('separates documents by blank lines when one has several lines', () => {
    expect(formatDocuments(['a\nb', 'c'])).toEqual({ text: 'a\nb\n\nc', layout: 'blank-lines' });
  });

  it.each([
    ['a document contains a blank line', ['a\n\nb', 'c']],
    ['the only document has several lines', ['a\nb']],
    ['the first looks like JSON', ['["a"]', 'b']],
    ['the first seems to begin JSON', ['["a" is quoted', 'b']],
    ['a text box would change the line breaks', ['a\r\nb', 'c']],
  ])('writes JSON when %s', (_name, documents) => {
    const { text, layout } = formatDocuments(documents);
    expect(layout).toBe('json');
    expect(JSON.parse(text)).toEqual(documents);
  });

  it('shows a blank document, though reading skips it', () => {
    const { text, layout } = formatDocuments(['a', ' ']);
    expect(JSON.parse(text)).toEqual(['a', ' ']);
    expect(readPastedDocuments(text, layout)).toMatchObject({ documents: ['a'], skippedBlank: 1 });
  });

  it('writes no documents as an empty text', () => {
    expect(formatDocuments([])).toEqual({ text: '', layout: 'lines' });
  });

  it('is undone by reading with its layout and with auto', () => {
    const trimmed = (text: string) => text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, '');
    const piece = fc.oneof(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\r',
        '\u0085',
        '\u2028',
        '\u2029',
        '\n\n',
        ' ',
        '\t',
        '\uFEFF',
      ),
      fc.constantFrom(
        '[',
        ']',
        '["',
        '[{',
        '"',
        ',',
        '1',
        'word',
        '住房',
        '😀',
        '\ud800',
        '\udc00',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const document = fc
      .array(piece, { minLength: 1, maxLength: 8 })
      .map((pieces) => trimmed(pieces.join('')))
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(document, { maxLength: 6 }), (documents) => {
        const { text, layout } = formatDocuments(documents);
        for (const choice of [layout, 'auto'] as const) {
          const read = readPastedDocuments(text, choice);
          expect(read).toEqual({ ok: true, layout, documents, skippedBlank: expect.any(Number) });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
