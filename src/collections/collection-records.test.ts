// biome-ignore lint/style/noRestrictedImports: a schema of versions that no release has written.
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { newRecord } from './collection-copies.ts';
import {
  checkName,
  readCollectionRecord,
  readRecord,
  toSummary,
  toUnreadableSummary,
} from './collection-records.ts';

describe('reading a record', () => {
  const schema = v.object({ version: v.literal(3), size: v.number() });
  const migrations = [
    (record: Readonly<Record<string, unknown>>) => ({ ...record, version: 2, width: 2 }),
    ({ width, height }: Readonly<Record<string, unknown>>) => ({
      version: 3,
      size: Number(width) * Number(height),
    }),
  ];

  it('takes an older one through every version up to the newest', () => {
    const migrated = { ok: true, record: { version: 3, size: 10 } };
    expect(readRecord({ version: 1, height: 5 }, schema, migrations)).toEqual(migrated);
    expect(readRecord({ version: 2, height: 5, width: 2 }, schema, migrations)).toEqual(migrated);
    expect(readRecord({ version: 3, size: 10 }, schema, migrations)).toEqual(migrated);
  });

  it('tells a newer version from a damaged one', () => {
    const newer = { ok: false, problem: 'newer-version' };
    const damaged = { ok: false, problem: 'damaged' };
    expect(readRecord({ version: 4, size: 1 }, schema, migrations)).toEqual(newer);
    for (const value of [undefined, null, 'text', {}, { version: 'x' }, { version: 3 }]) {
      expect(readRecord(value, schema, migrations)).toEqual(damaged);
    }
  });

  it('counts one as damaged that its migration leaves where it is', () => {
    const stuck = [(record: Readonly<Record<string, unknown>>) => record, ...migrations.slice(1)];
    expect(readRecord({ version: 1, height: 5 }, schema, stuck)).toMatchObject({ ok: false });
  });
});

describe('a collection', () => {
  it('is read as it was written', () => {
    const record = newRecord('mine');
    expect(readCollectionRecord(structuredClone(record))).toEqual({ ok: true, record });
    expect(toSummary(record)).toMatchObject({ name: 'mine', readable: true, runs: [] });
  });

  it('that cannot be read is listed with what can be told of it', () => {
    const record = { ...newRecord('mine'), version: 2, more: true };
    expect(toUnreadableSummary(record.id, record, 'newer-version')).toMatchObject({
      id: record.id,
      name: 'mine',
      updatedAt: record.updatedAt,
      readable: false,
      problem: 'newer-version',
    });
    for (const value of [null, 7, { name: 5, updatedAt: 'never' }]) {
      expect(toUnreadableSummary('x', value, 'damaged')).toMatchObject({
        name: 'x',
        updatedAt: 0,
        problem: 'damaged',
      });
    }
  });

  it('has a name of at most 200 characters that can be seen', () => {
    expect(checkName('  a b ')).toBe('a b');
    expect(checkName('n'.repeat(300))).toHaveLength(200);
    expect(() => checkName(' \n')).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });
});
