import { describe, expect, it } from 'vitest';
import { recordImport } from './import-recording.ts';
import type { ImportFormat } from './import-types.ts';
import { previewImportFile } from './preview-import-file.ts';
import { readImportFile } from './read-import-file.ts';

const formats: readonly ImportFormat[] = [
  'plain-text',
  'json',
  'jsonl',
  'delimited',
  'trec-run',
  'trec-qrels',
  'first-stage-lists',
  'squad',
  'rerank-request',
];

const depth = 200_000;
const long = 'x'.repeat(1_000_000);

/** Files that were made to do harm, by what they try. */
const hostile: Readonly<Record<string, string>> = {
  'arrays in arrays': '['.repeat(depth) + ']'.repeat(depth),
  'objects in objects': `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  'a record that is deep': `[{"_id":"1","text":${'['.repeat(depth)}${']'.repeat(depth)}}]`,
  'a line that is deep': `{"_id":"1","text":"x","more":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}\n`,
  'brackets that never close': '[{'.repeat(depth),
  'names that every object has':
    '[{"_id":"__proto__","text":"x","__proto__":{"polluted":1}},' +
    '{"_id":"constructor","text":"y","constructor":{"prototype":{"polluted":1}}}]',
  'a map of such names': '{"__proto__":{"polluted":"1"},"constructor":{"polluted":"1"},"a":"b"}',
  'numbers past all bounds': `[{"_id":1e999,"text":"x","score":${'9'.repeat(10_000)}}]\n`,
  'a run with such numbers': `q1 Q0 d1 ${'9'.repeat(400)} 1e999 tag\nq1 Q0 d2 1 NaN tag\n`,
  'judgements with such numbers': `q1 0 d1 ${'9'.repeat(400)}\nq1 0 d2 -1e999\n`,
  'one endless line': long,
  'one endless name': `[{"${long}":"x","_id":"1","text":"y"}]`,
  'a thousand columns': `${Array.from({ length: 1000 }, (_, at) => `c${at}`).join(',')}\n${','.repeat(999)}\n`,
  'quotes that never close': `id,text\n1,"${long}`,
  'markup and signs that turn text around':
    '[{"_id":"<img src=x onerror=alert(1)>","text":"\\u202Etxt.exe<script>alert(1)</script>\\u0000"}]',
};

describe('a file that was made to do harm', () => {
  for (const [name, content] of Object.entries(hostile)) {
    it(`is read or refused in every format: ${name}`, async () => {
      const file = { path: 'file.json', blob: new Blob([content]) };
      const guessed = await previewImportFile(file, null);
      expect(guessed.interpretation.format).toBeTypeOf('string');
      for (const format of formats) {
        const recording = recordImport();
        const chosen = { format, encoding: 'utf-8', included: true } as const;
        await previewImportFile(file, chosen);
        await readImportFile(file, chosen, recording.sink);
        expect(recording.places.length + recording.problems.length).toBeGreaterThan(0);
        // Scores and grades are numbers that can be sorted.
        expect(recording.judgements.every(([, , grade]) => Number.isSafeInteger(grade))).toBe(true);
      }
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
      expect(Object.keys(Object.prototype)).toEqual([]);
    }, 120_000);
  }
});
