import type { ImportFormat, Interpretation, RecordField, RecordRole } from '../io/import-types.ts';

/** All shapes, in the order they are offered. */
export const importFormats = [
  'plain-text',
  'json',
  'jsonl',
  'delimited',
  'trec-run',
  'trec-qrels',
  'first-stage-lists',
  'squad',
  'rerank-request',
  'collection',
] as const satisfies readonly ImportFormat[];

/** All encodings, in the order they are offered. */
export const importEncodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'gb18030',
  'windows-1252',
] as const satisfies readonly Interpretation['encoding'][];

/** What records may be, in the order it is offered. */
export const recordRoles = [
  'documents',
  'queries',
  'judgements',
  'run',
  'pairs',
] as const satisfies readonly RecordRole[];

/** The fields that a record of each role may have, most needed first. */
export const fieldsOfRole = {
  documents: ['docId', 'text', 'title'],
  queries: ['queryId', 'query'],
  judgements: ['queryId', 'docId', 'grade'],
  run: ['queryId', 'query', 'docId', 'score', 'rank', 'grade'],
  pairs: ['query', 'text', 'queryId', 'docId', 'title', 'grade', 'score'],
} as const satisfies Record<RecordRole, readonly RecordField[]>;

/** The interpretation as another format; what that needs besides is guessed by the content. */
export function withFormat({ encoding }: Interpretation, format: ImportFormat): Interpretation {
  return { format, encoding, included: true };
}

/** The interpretation with records of another role; their fields are guessed by the content. */
export function withRole(interpretation: Interpretation, role: RecordRole): Interpretation {
  return { ...withoutFields(interpretation), role };
}

/** The interpretation in another encoding, which writes names of columns otherwise. */
export function withEncoding(
  interpretation: Interpretation,
  encoding: Interpretation['encoding'],
): Interpretation {
  const columns = Object.values(interpretation.fields ?? {});
  const same = columns.every((column) => /^[\x20-\x7e]*$/u.test(column));
  return { ...(same ? interpretation : withoutFields(interpretation)), encoding };
}

/** The interpretation with records found elsewhere: columns are other ones then. */
export function withRecords(
  interpretation: Interpretation,
  found: Partial<Pick<Interpretation, 'delimiter' | 'hasHeader' | 'recordsPath'>>,
): Interpretation {
  return { ...withoutFields(interpretation), ...found };
}

/** The interpretation with a field taken from another column; null: from none. */
export function withField(
  interpretation: Interpretation,
  field: RecordField,
  column: string | null,
): Interpretation {
  const { [field]: _, ...others } = interpretation.fields ?? {};
  return {
    ...interpretation,
    fields: column === null ? others : { ...others, [field]: column },
  };
}

/** The fields that are taken from a column, in the order of the role. */
export function chosenFields(
  interpretation: Interpretation,
): readonly { readonly field: RecordField; readonly column: string }[] {
  const { role, fields } = interpretation;
  if (role === undefined || fields === undefined) return [];
  return fieldsOfRole[role].flatMap((field) => {
    const column = fields[field];
    return column === undefined ? [] : [{ field, column }];
  });
}

function withoutFields({ fields: _, ...others }: Interpretation): Interpretation {
  return others;
}
