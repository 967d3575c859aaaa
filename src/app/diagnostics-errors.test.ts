import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { RerankError } from '../core/errors.ts';
import {
  errorsStore,
  framesOf,
  kindOf,
  noteError,
  noteFailure,
  noteRecovered,
} from './diagnostics-errors.ts';

beforeEach(() => {
  vi.stubGlobal('location', new URL('https://crossrank.example/app/'));
  errorsStore.setState([], true);
});

function thrown(message: string, places: readonly string[]): Error {
  const error = new TypeError(message);
  error.stack = [`TypeError: ${message}`, ...places].join('\n');
  return error;
}

test('places are read from stacks of Chromium, Firefox and Safari', () => {
  const chromium = thrown('x', [
    '    at draw (https://crossrank.example/app/assets/page-a1.js:3:17)',
    '    at https://crossrank.example/app/assets/page-a1.js:9:1',
    '    at async Object.load (https://crossrank.example/app/assets/page-a1.js:10:2)',
  ]);
  expect(framesOf(chromium)).toEqual([
    { name: 'draw', file: 'page-a1.js', line: 3, column: 17 },
    { name: '', file: 'page-a1.js', line: 9, column: 1 },
    { name: 'Object.load', file: 'page-a1.js', line: 10, column: 2 },
  ]);
  const firefox = new TypeError('x');
  firefox.stack = 'draw@https://crossrank.example/app/assets/page-a1.js:3:17\n@debugger:1:1';
  expect(framesOf(firefox)).toEqual([{ name: 'draw', file: 'page-a1.js', line: 3, column: 17 }]);
});

test('scripts of other origins, such as extensions, are left out', () => {
  const error = thrown('x', [
    '    at spy (chrome-extension://abc/content.js:1:2)',
    '    at other (https://elsewhere.example/a.js:1:2)',
  ]);
  expect(framesOf(error)).toEqual([]);
});

test('no part of a message is kept, whatever it looks like', () => {
  const places = ['    at draw (https://crossrank.example/app/assets/page-a1.js:3:17)'];
  const asPlace = 'at secret (https://crossrank.example/assets/secret.js:1:2)';
  noteError('view', thrown(`first line\n    ${asPlace}\nlast line`, places));
  fc.assert(
    fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), (secret) => {
      const message = `MARKER${secret}\n at MARKER (https://crossrank.example/MARKER.js:1:2)\n`;
      const error = thrown(message, places);
      error.name = `MARKER ${secret}`;
      noteError('promise', error);
      noteError('promise', message);
      noteError('promise', { message, name: message });
    }),
    { numRuns: 200 },
  );
  expect(JSON.stringify(errorsStore.getState())).not.toMatch(/MARKER|secret/);
});

test('the newest twenty errors are kept, with their code', () => {
  for (let count = 1; count <= 25; count += 1) {
    noteError('run', new RerankError('worker-crashed', `worker ${count} stopped`));
  }
  const kept = errorsStore.getState();
  expect(kept).toHaveLength(20);
  expect(kept[0]).toMatchObject({ number: 25, kind: 'RerankError', code: 'worker-crashed' });
  expect(kept[19]).toMatchObject({ number: 6 });
});

test('what a run has survived is told apart from what has ended one', () => {
  noteRecovered('device-lost');
  noteFailure('run', { code: 'device-lost', detail: 'MARKER' });
  expect(errorsStore.getState()).toMatchObject([
    { where: 'run', code: 'device-lost', recovered: false },
    { where: 'run', code: 'device-lost', recovered: true },
  ]);
  expect(JSON.stringify(errorsStore.getState())).not.toContain('MARKER');
});

test('what is thrown without being an error has its type for a class', () => {
  expect(kindOf('text')).toBe('string');
  expect(kindOf(null)).toBe('object');
  expect(kindOf(new DOMException('x', 'QuotaExceededError'))).toBe('QuotaExceededError');
});
