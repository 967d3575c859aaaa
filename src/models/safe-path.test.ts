import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { checkPath, maxPathDepth } from './safe-path.ts';

function refusal(path: string): RerankError {
  try {
    checkPath(path, 'my-model.zip');
  } catch (error) {
    if (error instanceof RerankError) return error;
  }
  throw new Error(`accepted: ${JSON.stringify(path)}`);
}

describe('checkPath', () => {
  test.each([
    'config.json',
    'onnx/model.onnx',
    'onnx/model.onnx_data_1',
    '.gitattributes',
    'a b/模型 (1).onnx',
    'console.json',
    'com10.txt',
    'x..y/z',
  ])('keeps %j as it is', (path) => {
    expect(checkPath(path, 'my-model.zip')).toBe(path);
  });

  test('drops parts that mean the folder itself', () => {
    expect(checkPath('./onnx/./model.onnx', 'x')).toBe('onnx/model.onnx');
  });

  test('gives one form to names that look equal', () => {
    expect(checkPath('mode\u0300le.onnx', 'x')).toBe('mod\u00e8le.onnx');
  });

  test.each([
    ['', 'empty part'],
    ['.', 'no name'],
    ['/etc/passwd', 'root'],
    ['C:/config.json', 'drive letter'],
    ['c:config.json', 'drive letter'],
    ['../config.json', 'leads out'],
    ['onnx/../../config.json', 'leads out'],
    ['./../config.json', 'leads out'],
    ['..\\config.json', 'backslash'],
    ['\\\\server\\share', 'backslash'],
    ['onnx//model.onnx', 'empty part'],
    ['onnx/', 'empty part'],
    ['config.json\0.txt', 'control character'],
    ['config\n.json', 'control character'],
    ['config\u202enosj.exe', 'control character'],
    ['config\ud800.json', 'control character'],
    ['config.json::$DATA', 'characters'],
    ['con', 'device'],
    ['onnx/NUL.onnx', 'device'],
    ['lpt1.json', 'device'],
    ['config.json.', 'dot or a blank'],
    ['onnx /model.onnx', 'dot or a blank'],
    ['... /model.onnx', 'dot or a blank'],
    ['a'.repeat(256), '255 bytes'],
    ['模'.repeat(86), '255 bytes'],
    [
      Array(maxPathDepth + 1)
        .fill('a')
        .join('/'),
      '16 parts',
    ],
  ])('refuses %j: %s', (path, reason) => {
    const error = refusal(path);
    expect(error.code).toBe('model-corrupt');
    expect(error.message).toContain(reason);
    expect(error.message).toContain('my-model.zip');
  });

  test('names the path without its control characters', () => {
    const { message } = refusal('a\u202eb\u0000c\u009bd');
    expect(message).toContain('"a\\u202eb\\u0000c\\u009bd"');
    expect(message).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
  });

  test('accepts up to 16 parts and 255 bytes', () => {
    const path = Array(maxPathDepth).fill('a').join('/');
    expect(checkPath(path, 'x')).toBe(path);
    expect(checkPath('a'.repeat(255), 'x')).toHaveLength(255);
  });

  test('whatever is accepted stays below its folder and is accepted again unchanged', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('.', '..', '', 'nul', 'a', 'C:', '\\', '\0'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        let accepted: string;
        try {
          accepted = checkPath(parts.join('/'), 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(RerankError);
          return;
        }
        const base = 'file:///folder/';
        const url = new URL(accepted.split('/').map(encodeURIComponent).join('/'), base).href;
        expect(url.startsWith(base)).toBe(true);
        expect(url.length).toBeGreaterThan(base.length);
        expect(checkPath(accepted, 'x')).toBe(accepted);
      }),
    );
  });
});
