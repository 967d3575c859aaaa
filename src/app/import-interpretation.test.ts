import { describe, expect, test } from 'vitest';
import type { Interpretation } from '../io/import-types.ts';
import {
  chosenFields,
  importFormats,
  recordRoles,
  withEncoding,
  withField,
  withFormat,
  withRecords,
  withRole,
} from './import-interpretation.ts';

const plain: Interpretation = {
  format: 'plain-text',
  encoding: 'utf-8',
  layout: 'lines',
  included: true,
};

const table: Interpretation = {
  format: 'delimited',
  encoding: 'utf-8',
  role: 'documents',
  fields: { docId: 'pid', text: 'passage' },
  delimiter: ',',
  hasHeader: true,
  included: true,
};

describe('changing an interpretation', () => {
  test('to another format keeps the encoding, takes the file in, and leaves the rest open', () => {
    for (const format of importFormats) {
      const before = { ...table, encoding: 'gb18030', included: false } as const;
      expect(withFormat(before, format)).toEqual({ format, encoding: 'gb18030', included: true });
    }
  });

  test('to another role, place of the records or encoding lets fields be guessed anew', () => {
    const { fields, ...others } = table;
    for (const role of recordRoles) expect(withRole(table, role)).toEqual({ ...others, role });
    expect(withRecords(table, { delimiter: ';' })).toEqual({ ...others, delimiter: ';' });
    const chinese = { ...table, fields: { ...fields, text: '正文' } };
    expect(withEncoding(chinese, 'gb18030')).toEqual({ ...others, encoding: 'gb18030' });
    // Names in ASCII are the same in all encodings.
    expect(withEncoding(table, 'gb18030')).toEqual({ ...table, encoding: 'gb18030' });
  });

  test('to another column, or to none', () => {
    const titled = withField(table, 'title', 'name');
    expect(chosenFields(titled)).toEqual([
      { field: 'docId', column: 'pid' },
      { field: 'text', column: 'passage' },
      { field: 'title', column: 'name' },
    ]);
    expect(withField(titled, 'title', null)).toEqual(table);
    expect(chosenFields(plain)).toEqual([]);
  });
});
