import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** The policy that the module makes on a page of that address. */
async function policyOn(href: string): Promise<(address: string) => string> {
  const made = new Map<string, Record<string, (address: string) => string>>();
  vi.stubGlobal('location', new URL(href));
  vi.stubGlobal('trustedTypes', {
    createPolicy: (name: string, rules: Record<string, (address: string) => string>) =>
      made.set(name, rules),
  });
  await import('./trusted-types.ts');
  expect([...made.keys()]).toEqual(['default']);
  // No way from a text to markup or a script.
  expect(Object.keys(made.get('default') ?? {})).toEqual(['createScriptURL']);
  const { createScriptURL } = made.get('default') ?? {};
  if (createScriptURL === undefined) throw new Error('There is no rule for scripts.');
  return createScriptURL;
}

describe('a text becomes the address of a script', () => {
  it('where it leads to this app', async () => {
    const admit = await policyOn('https://me.example/#/share/1.x');
    expect(admit('/assets/a.worker.js')).toBe('https://me.example/assets/a.worker.js');
    expect(admit('https://me.example/sw.js')).toBe('https://me.example/sw.js');
  });

  it.each([
    'https://other.example/a.js',
    'https://me.example.evil.example/a.js',
    '//other.example/a.js',
    'data:text/javascript,1',
    'blob:https://other.example/1',
    'javascript:1',
    'http://me.example/a.js',
    'https://me.example:8443/a.js',
  ])('and nowhere else: %s', async (address) => {
    const admit = await policyOn('https://me.example/');
    expect(() => admit(address)).toThrow(TypeError);
  });
});

describe('beside other sites of one host', () => {
  it('only a script below the folder of this app is one of it', async () => {
    vi.stubEnv('BASE_URL', './');
    const admit = await policyOn('https://me.example/crossrank/index.html');
    expect(admit('assets/a.js')).toBe('https://me.example/crossrank/assets/a.js');
    expect(() => admit('/another/a.js')).toThrow(TypeError);
    expect(() => admit('../another/a.js')).toThrow(TypeError);
  });
});

it('browsers without Trusted Types go on without them', async () => {
  vi.stubGlobal('location', new URL('https://me.example/'));
  await expect(import('./trusted-types.ts')).resolves.toBeDefined();
});
