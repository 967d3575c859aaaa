import type { ExportedDocument, ExportedRun } from './export-types.ts';

/**
 * Rankings as Markdown to put into a prompt: a heading per query, and below it every document with
 * its rank, its id, its title and its text, without scores.
 *
 * No text can break out: texts stand in code blocks whose fence is longer than any row of backticks
 * in them, everything else in code spans on one line (white space in ids, titles and queries becomes
 * single spaces). So a document that contains headings, fences or instructions stays one document.
 * Line ends become LF; half a surrogate pair, which UTF-8 cannot write, becomes U+FFFD.
 * Source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks, #code-spans
 */
export function promptContext(run: ExportedRun): string {
  const sections = run.rankings.flatMap(({ query, documents }) => [
    `# Query: ${codeSpan(query.text)}`,
    ...documents.flatMap(documentSections),
  ]);
  return sections.map((section) => `${section}\n`).join('\n');
}

function documentSections({ rank, docId, title, text }: ExportedDocument): readonly string[] {
  const written = writable(text).replace(/\r\n?/g, '\n');
  const fence = '`'.repeat(Math.max(3, longestBackticks(written) + 1));
  return [
    `## ${rank}. ${codeSpan(docId)}`,
    ...(title === undefined || title.trim() === '' ? [] : [`Title: ${codeSpan(title)}`]),
    `${fence}\n${written}\n${fence}`,
  ];
}

function codeSpan(text: string): string {
  const line = writable(text)
    .replace(/[\s\u0085]+/g, ' ')
    .trim();
  const ticks = '`'.repeat(longestBackticks(line) + 1);
  // One space on either side is taken off again by readers; between backticks it is needed.
  const pad = line === '' || line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

function longestBackticks(text: string): number {
  let longest = 0;
  for (const [row] of text.matchAll(/`+/g)) longest = Math.max(longest, row.length);
  return longest;
}

function writable(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
