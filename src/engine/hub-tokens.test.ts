import { describe, expect, it } from 'vitest';
import { HubTokens, originOfHost } from './hub-tokens.ts';

const token = 'hf_secretsecret';

describe('tokens of hubs', () => {
  it('go to the origin that they were given for, and to no other', async () => {
    const tokens = new HubTokens();
    tokens.give(token, 'https://mirror.example/hub');
    expect(await tokens.of('https://mirror.example')).toBe(token);
    expect(await tokens.of('https://mirror.example/other/path')).toBe(token);
    for (const other of [
      'https://huggingface.co',
      'https://mirror.example:8443',
      'https://cdn.mirror.example',
      'https://mirror.example.evil.example',
      'http://localhost:1234',
      'disk',
      'app',
    ]) {
      expect(await tokens.of(other), other).toBeUndefined();
    }
  });

  it('belong to the hub that is asked by default where no host is named', async () => {
    const tokens = new HubTokens();
    tokens.give(` ${token}\n`);
    expect(await tokens.of('https://huggingface.co')).toBe(token);
  });

  it('are replaced by the next one for the same origin, and come before those kept elsewhere', async () => {
    const asked: string[] = [];
    const tokens = new HubTokens(async (origin) => {
      asked.push(origin);
      return 'hf_kept';
    });
    expect(await tokens.of('https://mirror.example/hub')).toBe('hf_kept');
    expect(asked).toEqual(['https://mirror.example']);
    tokens.give('hf_first', 'https://mirror.example');
    tokens.give('hf_second', 'https://mirror.example');
    expect(await tokens.of('https://mirror.example')).toBe('hf_second');
  });

  it.each([
    `${token} ${token}`,
    `${token}\r\nX: y`,
    `${token}中`,
    '',
    '   ',
    `${token}\0`,
    5,
    null,
  ])('are refused where no header could carry them, without being quoted: %j', (given) => {
    const tokens = new HubTokens();
    expect(() => tokens.give(given)).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        message: expect.not.stringContaining(token),
      }),
    );
  });

  it('are refused where they are too long to be one', () => {
    expect(() => new HubTokens().give('x'.repeat(2_001))).toThrow(/cannot be one/);
  });
});

describe('originOfHost', () => {
  it.each([
    ['https://mirror.example/hub', 'https://mirror.example'],
    ['mirror.example:8443/a/b/', 'https://mirror.example:8443'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ])('of %s is %s', (typed, origin) => {
    expect(originOfHost(typed)).toBe(origin);
  });

  it('is refused for what cannot be a hub', () => {
    expect(() => originOfHost('ftp://mirror.example')).toThrow(/cannot be a hub/);
  });
});
