import { describe, expect, it } from 'vitest';
import { contentSecurityPolicyFor, pagePolicy, responseHeaders } from './response-headers.ts';

/** The sources of one directive; undefined where it is not named. */
function directive(policy: string, name: string): string | undefined {
  const found = policy.split('; ').find((part) => part.split(' ')[0] === name);
  return found?.slice(name.length + 1);
}

const scripts = {
  scoring: '/assets/reranker.worker-DtVnnwQW.js',
  threads: '/crossrank/assets/ort-wasm-simd-threaded.jspi-BoEwGRw5.mjs',
  keywords: '/crossrank/assets/lexical.worker-CZpj-BTg.js',
  collections: '/assets/collections.worker--O-oT2Fc.js',
  models: '/a/b/assets/model-store.worker-D1TZxHEN.js',
  serviceWorker: '/service-worker.js',
};

describe('the policy of', () => {
  it.each(['/', '/index.html', '/crossrank/', ...Object.values(scripts)])(
    '%s refuses what it does not name, and no text is a script',
    (path) => {
      const policy = contentSecurityPolicyFor(path);
      expect(directive(policy, 'default-src')).toBe("'none'");
      expect(policy).not.toMatch(/'unsafe-(inline|hashes|eval)'|data:text/);
      for (const name of ['object-src', 'frame-src', 'base-uri', 'form-action']) {
        expect(directive(policy, name), name).toBe("'none'");
      }
      expect(directive(policy, 'script-src')).toMatch(/^'self'( 'wasm-unsafe-eval')?$/);
    },
  );

  it('the page lets it ask its own site alone, inside no frame, and wants Trusted Types', () => {
    const policy = contentSecurityPolicyFor('/');
    expect(policy).toBe(`${pagePolicy}; frame-ancestors 'none'`);
    expect(directive(policy, 'connect-src')).toBe("'self'");
    expect(directive(policy, 'script-src')).toBe("'self'");
    expect(directive(policy, 'require-trusted-types-for')).toBe("'script'");
    expect(directive(policy, 'trusted-types')).toBe('default');
  });

  it('workers opens the network to the one that fetches models, and to no other', () => {
    const connects = Object.entries(scripts).map(([name, path]) => [
      name,
      directive(contentSecurityPolicyFor(path), 'connect-src'),
    ]);
    expect(Object.fromEntries(connects)).toEqual({
      scoring: "'self'",
      threads: "'self'",
      keywords: "'none'",
      collections: "'none'",
      models: "'self' https: http://localhost:* http://127.0.0.1:*",
      serviceWorker: "'self'",
    });
  });

  it('a file that only looks like the worker that fetches models is that of any other', () => {
    for (const path of ['/model-store.worker-a.js', '/assets/model-store.worker-a.js.html']) {
      expect(contentSecurityPolicyFor(path)).not.toContain('https:');
    }
  });
});

describe('the headers of every answer', () => {
  it('isolate the page, name no referrer and turn off what is not used', () => {
    expect(responseHeaders).toMatchObject({
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    const permissions = responseHeaders['Permissions-Policy'] ?? '';
    for (const feature of ['camera', 'microphone', 'geolocation', 'usb', 'payment']) {
      expect(permissions).toContain(`${feature}=()`);
    }
    // "Copy" writes to the clipboard, and threads need the isolation.
    expect(permissions).not.toMatch(/clipboard|cross-origin-isolated/);
  });
});
