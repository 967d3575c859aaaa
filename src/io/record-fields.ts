import type { RecordField, RecordRole } from './import-types.ts';
import { fieldOf, isJsonObject } from './json-fields.ts';

/** Which field of a record is what, by the name of its column. */
export type FieldChoice = Readonly<Partial<Record<RecordField, string>>>;

/** What the records of a file are taken for. */
export interface RecordGuess {
  readonly role: RecordRole;
  readonly fields: FieldChoice;
  /** False if nothing says so, neither names nor values. */
  readonly sure: boolean;
}

/** Some records as a table: the names of the columns, and rows of values (undefined: absent). */
export interface RecordTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The fields without which a record of a role says nothing. */
export const neededFields: Readonly<Record<RecordRole, readonly RecordField[]>> = {
  documents: ['text'],
  queries: ['query'],
  judgements: ['queryId', 'docId', 'grade'],
  run: ['queryId', 'docId'],
  pairs: ['query', 'text'],
};

/**
 * Names of the fields of JSON objects in order of appearance; those of an object inside, one level
 * deep, as `a.b`, in its place. At most 200.
 */
export function columnsOf(records: readonly unknown[]): readonly string[] {
  const names = new Set<string>();
  for (const record of records) {
    if (!isJsonObject(record)) continue;
    for (const [key, value] of Object.entries(record)) {
      if (names.size >= maxColumns) return [...names];
      if (!isJsonObject(value)) names.add(key);
      else for (const inner of Object.keys(value)) names.add(`${key}.${inner}`);
    }
  }
  return [...names].slice(0, maxColumns);
}

/** The value of a column as `columnsOf` names it; undefined where the record has none. */
export function valueAt(record: unknown, column: string): unknown {
  if (!isJsonObject(record)) return undefined;
  if (Object.hasOwn(record, column)) return fieldOf(record, column);
  // Either name may have dots of its own.
  for (let dot = column.indexOf('.'); dot !== -1; dot = column.indexOf('.', dot + 1)) {
    const outer = fieldOf(record, column.slice(0, dot));
    if (isJsonObject(outer)) {
      const inner = column.slice(dot + 1);
      if (Object.hasOwn(outer, inner)) return fieldOf(outer, inner);
    }
  }
  return undefined;
}

/** True for names that are usual for some field of a record, such as `_id` or `正文`. */
export function isUsualName(name: string): boolean {
  const plain = plainName(name);
  return Object.values(usualNames).some((names) => names.includes(plain));
}

/**
 * Guesses what records are and which column is what: by the usual names of columns in English and
 * Chinese, by values where names say nothing, and by the file's name where both fit (`queries.jsonl`
 * and `corpus.jsonl` of BEIR look alike).
 */
export function guessRecords(table: RecordTable, path: string): RecordGuess {
  // Records that are texts and nothing else have no columns.
  if (table.columns.length === 0) {
    const role = isQueryFile(path) ? 'queries' : 'documents';
    return { role, fields: {}, sure: table.rows.length > 0 };
  }
  const named = withScore(byNames(table.columns), table);
  return Object.keys(named).length > 0
    ? guessByNames(named, table, path)
    : guessByValues(table, path);
}

/** Guesses which column is what for records that are known to be of a role. */
export function guessFields(table: RecordTable, path: string, role: RecordRole): FieldChoice {
  const guess = guessRecords(table, path);
  if (guess.role === role) return guess.fields;
  const named = withScore(byNames(table.columns), table);
  const taken = new Set(Object.values(named));
  const text = named.text ?? longestText(table, taken);
  switch (role) {
    case 'documents':
      return pick({ docId: named.docId, title: named.title, text: text ?? named.query });
    case 'queries': {
      const queryId = named.queryId ?? named.docId;
      return pick({ queryId, query: named.query ?? text ?? named.title });
    }
    case 'judgements':
      return pick({ ...idsOf(named), grade: named.grade ?? named.score });
    case 'run':
      return pick({ ...idsOf(named), score: named.score, rank: named.rank });
    case 'pairs':
      return pick({ ...named, text });
    default: {
      const unknown: never = role;
      throw new TypeError(`Unknown role: ${String(unknown)}`);
    }
  }
}

const maxColumns = 200;

/** In small letters, `_` for spaces and hyphens; the more usual ones first. */
const usualNames: Readonly<Record<RecordField, readonly string[]>> = {
  docId: [
    'doc_id',
    'docid',
    'document_id',
    'documentid',
    'corpus_id',
    'corpusid',
    'passage_id',
    'passageid',
    'pid',
    'docno',
    'did',
    'chunk_id',
    '文档id',
    '文档编号',
    '_id',
    'id',
    '编号',
  ],
  title: ['title', '标题', '题目', 'heading', 'headline'],
  text: [
    'text',
    'content',
    'contents',
    'passage',
    'body',
    'document',
    'abstract',
    'doc',
    'page_content',
    'passage_text',
    'document_text',
    'context',
    '正文',
    '内容',
    '文本',
    '段落',
    '文档',
  ],
  queryId: ['query_id', 'queryid', 'qid', 'question_id', 'topic_id', 'topic', '查询id', '问题id'],
  query: ['query', 'question', 'query_text', 'querytext', 'search_query', '问题', '查询'],
  grade: [
    'grade',
    'relevance',
    'label',
    'rel',
    'judgement',
    'judgment',
    'relevance_label',
    '相关性',
    '标签',
  ],
  score: ['score', '_score', 'similarity', 'relevance_score', 'similarity_score', '分数', '得分'],
  rank: ['rank', 'ranking', '排名'],
};

const queryFileName = /(?:^|[^a-z])(?:quer(?:y|ies)|questions?|topics?)(?![a-z])|查询|问题/iu;

type Named = Partial<Record<RecordField, string>>;

function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, '_');
}

function byNames(columns: readonly string[]): Named {
  const named: Named = {};
  const taken = new Set<string>();
  // Whole names go before the ends of nested ones, `id` before `metadata.id`.
  for (const nameOf of [plainName, lastName]) {
    for (const field of recordFields) {
      if (named[field] !== undefined) continue;
      const names = usualNames[field];
      let best: { column: string; at: number } | undefined;
      for (const column of columns) {
        const at = names.indexOf(nameOf(column));
        if (at === -1 || taken.has(column)) continue;
        if (best === undefined || at < best.at) best = { column, at };
      }
      if (best === undefined) continue;
      named[field] = best.column;
      taken.add(best.column);
    }
  }
  return named;
}

/** Every field that a record may have. */
export const recordFields: readonly RecordField[] = [
  'docId',
  'title',
  'text',
  'queryId',
  'query',
  'grade',
  'score',
  'rank',
];

function lastName(column: string): string {
  return plainName(column.slice(column.lastIndexOf('.') + 1));
}

function guessByNames(named: Named, table: RecordTable, path: string): RecordGuess {
  const { docId, title, queryId, query, grade, score, rank } = named;
  if (query !== undefined && named.text !== undefined) {
    return guessPairs(named, table);
  }
  const isRanked = (score ?? rank) !== undefined && queryId !== undefined && docId !== undefined;
  if (query !== undefined && isRanked) {
    // A ranking without the documents' texts.
    return { role: 'run', fields: pick({ queryId, docId, query, score, rank, grade }), sure: true };
  }
  const idsAlone = named.text === undefined && query === undefined && queryId !== undefined;
  if (idsAlone && docId !== undefined) {
    const ids = { queryId, docId };
    // BEIR calls grades scores.
    const graded = grade ?? (looksGraded(score, table) ? score : undefined);
    return graded === undefined
      ? { role: 'run', fields: pick({ ...ids, score, rank }), sure: (score ?? rank) !== undefined }
      : { role: 'judgements', fields: { ...ids, grade: graded }, sure: true };
  }
  if (query !== undefined) {
    return { role: 'queries', fields: pick({ queryId: queryId ?? docId, query }), sure: true };
  }
  const text = named.text ?? longestText(table, new Set(Object.values(named)));
  const isQuery = docId === undefined && queryId !== undefined;
  if (text !== undefined && (isQuery || (title === undefined && isQueryFile(path)))) {
    return {
      role: 'queries',
      fields: pick({ queryId: queryId ?? docId, query: text }),
      sure: true,
    };
  }
  return {
    role: 'documents',
    fields: pick({ docId, title, text: text ?? title }),
    sure: (text ?? title) !== undefined,
  };
}

/** In a file of pairs an `id` is more likely the pair's own, unless the query's stands beside it. */
function guessPairs(named: Named, table: RecordTable): RecordGuess {
  const { docId, ...rest } = named;
  const isPairs = docId !== undefined && ['id', '_id', '编号'].includes(lastName(docId));
  const ownId = isPairs && named.queryId === undefined ? undefined : docId;
  const graded = named.grade ?? (looksGraded(named.score, table) ? named.score : undefined);
  const score = graded === named.score ? undefined : named.score;
  return {
    role: 'pairs',
    fields: pick({ ...rest, docId: ownId, grade: graded, score }),
    sure: true,
  };
}

function guessByValues(table: RecordTable, path: string): RecordGuess {
  const shapes = table.columns.map((name, index) => shapeOf(name, table.rows, index));
  const texts = shapes.filter(({ kind }) => kind === 'text');
  const [first, second, third, fourth] = shapes;
  if (first !== undefined && second !== undefined && third !== undefined && texts.length === 0) {
    if (first.kind !== 'number' && second.kind !== 'number' && third.kind !== 'id') {
      const ids = { queryId: first.name, docId: second.name };
      if (third.kind === 'whole' && fourth?.kind === 'number') {
        return {
          role: 'run',
          fields: { ...ids, score: fourth.name, rank: third.name },
          sure: true,
        };
      }
      if (third.grades)
        return { role: 'judgements', fields: { ...ids, grade: third.name }, sure: true };
      const field = third.kind === 'number' ? 'score' : third.ascending ? 'rank' : 'score';
      return { role: 'run', fields: { ...ids, [field]: third.name }, sure: true };
    }
  }
  const longest = [...(texts.length > 0 ? texts : shapes)].toSorted(byLength).at(-1);
  if (longest === undefined) return { role: 'documents', fields: {}, sure: false };
  const ids = shapes.filter(({ kind }) => kind !== 'text' && kind !== 'number');
  const [firstId, secondId] = ids;
  const otherText = texts.find(({ name }) => name !== longest.name);
  if (otherText !== undefined && firstId !== undefined && secondId !== undefined) {
    // As in `qid pid query passage`.
    const ownIds = { queryId: firstId.name, docId: secondId.name };
    return {
      role: 'pairs',
      fields: { ...ownIds, query: otherText.name, text: longest.name },
      sure: true,
    };
  }
  const id = longest === firstId ? undefined : firstId?.name;
  if (isQueryFile(path)) {
    return { role: 'queries', fields: pick({ queryId: id, query: longest.name }), sure: true };
  }
  return {
    role: 'documents',
    fields: pick({ docId: id, title: otherText?.name, text: longest.name }),
    sure: texts.length > 0,
  };
}

/** What the values of a column look like. */
interface ColumnShape {
  readonly name: string;
  /** `whole` and `number` are numbers, `id` is short and without spaces, `text` is anything else. */
  readonly kind: 'whole' | 'number' | 'id' | 'text';
  /** Mean, in UTF-16 units. */
  readonly length: number;
  /** Small whole numbers, as grades are. */
  readonly grades: boolean;
  /** Begins 1, 2, as ranks do. */
  readonly ascending: boolean;
}

function shapeOf(name: string, rows: RecordTable['rows'], index: number): ColumnShape {
  const values = rows
    .map((row) => row[index])
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map((value) => String(value).trim())
    .filter((value) => value !== '');
  const length = values.reduce((sum, value) => sum + value.length, 0) / Math.max(values.length, 1);
  const all = (pattern: RegExp) =>
    values.length > 0 && values.every((value) => pattern.test(value));
  const whole = all(/^[+-]?\d+$/u);
  const number = whole
    ? 'whole'
    : all(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu)
      ? 'number'
      : null;
  const idLike = all(/^[^\s\p{Script=Han}]{1,64}$/u);
  const numbers = whole ? values.map(Number) : [];
  return {
    name,
    kind: number ?? (idLike ? 'id' : 'text'),
    length,
    grades:
      whole &&
      numbers.every(isSmallGrade) &&
      !(numbers[0] === 1 && numbers[1] === 2 && numbers[2] === 3),
    ascending: numbers[0] === 1 && numbers[1] === 2,
  };
}

function looksGraded(column: string | undefined, table: RecordTable): boolean {
  if (column === undefined) return false;
  const index = table.columns.indexOf(column);
  return shapeOf(column, table.rows, index).grades;
}

function isSmallGrade(value: number): boolean {
  return value >= -2 && value <= 10;
}

/** What is called relevance or label may be a score, as the services' 0..1 is. */
function withScore(named: Named, table: RecordTable): Named {
  const { grade, score, ...rest } = named;
  if (grade === undefined || !holdsFractions(grade, table)) return named;
  return { ...rest, score: score ?? grade };
}

function holdsFractions(column: string, { columns, rows }: RecordTable): boolean {
  const index = columns.indexOf(column);
  return rows.some((row) => {
    const value = row[index];
    const isWritten =
      typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
    const number = isWritten ? Number(value) : 0;
    return Number.isFinite(number) && !Number.isInteger(number);
  });
}

function longestText(table: RecordTable, taken: ReadonlySet<string>): string | undefined {
  return table.columns
    .map((name, index) => shapeOf(name, table.rows, index))
    .filter(({ name, kind }) => kind === 'text' && !taken.has(name))
    .toSorted(byLength)
    .at(-1)?.name;
}

function byLength(a: ColumnShape, b: ColumnShape): number {
  return a.length - b.length;
}

function isQueryFile(path: string): boolean {
  return queryFileName.test(path.slice(path.lastIndexOf('/') + 1));
}

function idsOf({ queryId, docId }: Named): Named {
  return pick({ queryId, docId });
}

/** Without the fields that are undefined: an absent field is one that there is not. */
function pick(fields: { readonly [Field in RecordField]?: string | undefined }): Named {
  const chosen: Named = {};
  for (const field of recordFields) {
    const column = fields[field];
    if (column !== undefined) chosen[field] = column;
  }
  return chosen;
}
