import { expect, test } from 'vitest';
import { withAnswerHeaders } from './answer-headers.ts';
import { contentSecurityPolicyFor, responseHeaders } from './response-headers.ts';

const script = '/some/path/assets/reranker.worker-abc.js';

test('an answer gets the headers of every answer, and keeps its own', async () => {
  const plain = new Response('text', {
    status: 206,
    headers: { 'Content-Type': 'text/javascript', 'Cross-Origin-Opener-Policy': 'unsafe-none' },
  });
  const answer = withAnswerHeaders(plain, script);
  for (const [name, value] of Object.entries(responseHeaders)) {
    expect(answer.headers.get(name)).toBe(value);
  }
  expect(answer.headers.get('Content-Security-Policy')).toBe(contentSecurityPolicyFor(script));
  expect(answer.headers.get('Content-Type')).toBe('text/javascript');
  expect(answer.status).toBe(206);
  expect(await answer.text()).toBe('text');
});

test('an answer without a body stays without one', () => {
  const answer = withAnswerHeaders(new Response(null, { status: 304 }), '/');
  expect(answer.status).toBe(304);
  expect(answer.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
});

test('what cannot be read is handed on as it is', () => {
  const redirect = Response.error();
  expect(withAnswerHeaders(redirect, '/')).toBe(redirect);
});
