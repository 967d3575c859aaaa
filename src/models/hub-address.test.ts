import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import {
  apiUrl,
  checkHost,
  checkHubId,
  checkRevision,
  defaultHost,
  fileUrl,
  isCommit,
  knownHosts,
} from './hub-address.ts';

const invalid = expect.objectContaining({ code: 'invalid-request' });

describe('checkHubId', () => {
  it.each([
    'BAAI/bge-reranker-v2-m3',
    'cross-encoder/mmarco-mMiniLMv2-L12-H384-v1',
    'a/b',
    '_a/b_c.d-e',
    `${'a'.repeat(96)}/${'b'.repeat(96)}`,
  ])('takes %s', (id) => {
    expect(checkHubId(` ${id}\n`)).toBe(id);
  });

  it.each([
    '',
    'bge-reranker',
    'a/b/c',
    '/b',
    'a/',
    '../b',
    'a/..',
    'a/b..c',
    'a/.git',
    'a/b-',
    'a b/c',
    'a/b?x',
    'a/b#c',
    'a/b%2Fc',
    'a\\b/c',
    'ä/b',
    'https://huggingface.co/a/b',
    `a/${'b'.repeat(97)}`,
  ])('refuses "%s" and says what is allowed', (id) => {
    expect(() => checkHubId(id)).toThrow(invalid);
    expect(() => checkHubId(id)).toThrow(/owner\/name.*letters, digits/);
  });

  it('never lets an id change the path of an address', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'aB1-_../%?#\\ @:é'), maxLength: 5 });
    fc.assert(
      fc.property(odd, odd, (owner, name) => {
        let id: string;
        try {
          id = checkHubId(`${owner}/${name}`);
        } catch (error) {
          expect(error).toBeInstanceOf(RerankError);
          return;
        }
        const { pathname } = new URL(fileUrl({ host: defaultHost, id, revision: 'main' }, 'f'));
        expect(pathname).toBe(`/${id}/resolve/main/f`);
      }),
    );
  });
});

describe('checkHost', () => {
  it.each([
    ['https://huggingface.co', 'https://huggingface.co'],
    ['https://hf-mirror.com/', 'https://hf-mirror.com'],
    [' HF-Mirror.com ', 'https://hf-mirror.com'],
    ['https://mirror.example/hub//', 'https://mirror.example/hub'],
    ['https://mirror.example:8443', 'https://mirror.example:8443'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:1234/', 'http://127.0.0.1:1234'],
  ])('brings %s into the form %s', (typed, host) => {
    expect(checkHost(typed)).toBe(host);
    expect(checkHost(host)).toBe(host);
  });

  it.each([
    'http://hub.localhost/x',
    'http://[::1]:80',
    '',
    'http://huggingface.co',
    'http://192.168.1.5',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'ftp://huggingface.co',
    'file:///etc/passwd',
    'javascript://alert(1)',
    'https://user:secret@huggingface.co',
    'https://huggingface.co/?x=1',
    'https://huggingface.co/#x',
    'https://huggingface.co?',
    'https://',
    'https://a b',
  ])('refuses "%s"', (typed) => {
    expect(() => checkHost(typed)).toThrow(invalid);
  });

  it('has known hosts in that form, the default one first', () => {
    expect(knownHosts.map(checkHost)).toEqual(knownHosts);
    expect(knownHosts[0]).toBe(defaultHost);
  });
});

describe('checkRevision', () => {
  it.each(['main', 'v1.0', 'refs/pr/3', 'refs/convert/onnx', 'feature_x-2'])('takes %s', (name) => {
    expect(checkRevision(` ${name} `)).toBe(name);
  });

  it.each(['', '..', 'a/../b', '/a', 'a//b', 'a b', 'a?b', 'x'.repeat(201)])(
    'refuses "%s"',
    (name) => {
      expect(() => checkRevision(name)).toThrow(invalid);
    },
  );
});

describe('addresses', () => {
  const address = { host: 'https://m.example/hub', id: 'a/b.c', revision: 'refs/pr/1' };

  it('encode every part', () => {
    expect(fileUrl(address, 'onnx/model #1.onnx')).toBe(
      'https://m.example/hub/a/b.c/resolve/refs%2Fpr%2F1/onnx/model%20%231.onnx',
    );
    expect(apiUrl(address, 'tree')).toBe(
      'https://m.example/hub/api/models/a/b.c/tree/refs%2Fpr%2F1',
    );
  });

  it('know a commit from a branch', () => {
    expect(isCommit('0123456789abcdef0123456789abcdef01234567')).toBe(true);
    expect(isCommit('main')).toBe(false);
  });
});
