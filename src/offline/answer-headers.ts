import { contentSecurityPolicyFor, responseHeaders } from './response-headers.ts';

/**
 * An answer of this origin with the headers of every answer: on a host that cannot send them, they
 * make the page cross-origin isolated and bind workers to their policy.
 * @param pathname of the address that was asked for
 * @returns the same answer where it is a redirect of a page, which only the browser can follow
 */
export function withAnswerHeaders(response: Response, pathname: string): Response {
  // Also `opaque` and `error`: nothing in them can be read.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(responseHeaders)) headers.set(name, value);
  headers.set('Content-Security-Policy', contentSecurityPolicyFor(pathname));
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
