// Answers other than a file's bytes, and the headers of all answers.

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {'RepoNotFound' | 'RevisionNotFound' | 'EntryNotFound' | 'GatedRepo'} ErrorCode */
/** @typedef {{ status: number, code: ErrorCode | null, message: string }} Refusal */

const exposedHeaders = [
  'X-Repo-Commit',
  'X-Request-Id',
  'X-Error-Code',
  'X-Error-Message',
  'X-Total-Count',
  'ETag',
  'Link',
  'Accept-Ranges',
  'Content-Range',
  'X-Linked-Size',
  'X-Linked-ETag',
].join(',');

/**
 * Lets a page of any origin read the answer, as the hub does. A redirect to another origin makes
 * browsers send `Origin: null`, which is echoed like any other.
 * @param {import('node:http').IncomingMessage} request
 * @param {ServerResponse} response
 * @param {string} ownOrigin named where the request has no origin
 */
export function allowOrigins(request, response, ownOrigin) {
  response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? ownOrigin);
  response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  response.setHeader('Vary', 'Origin');
}

/**
 * Answers a preflight: any header may be sent, Authorization and Range among them.
 * @param {import('node:http').IncomingMessage} request
 * @param {ServerResponse} response
 */
export function allowRequest(request, response) {
  const asked = request.headers['access-control-request-headers'];
  response
    .writeHead(204, {
      'Access-Control-Allow-Methods': 'GET,HEAD,OPTIONS',
      'Access-Control-Allow-Headers': asked ?? 'Authorization,Range',
      'Access-Control-Max-Age': '0',
    })
    .end();
}

/** Missing, or private and not shown to the one who asks: the hub does not tell which. */
export const repoNotFound = refuse(401, 'RepoNotFound', 'Invalid username or password.');
/** The same to somebody with a token. */
export const repoNotFoundWithToken = refuse(404, 'RepoNotFound', 'Repository not found');
export const revisionNotFound = refuse(404, 'RevisionNotFound', 'Invalid rev id');
export const entryNotFound = refuse(404, 'EntryNotFound', 'Entry not found');
export const pageNotFound = refuse(404, null, 'Sorry, we can not find the page you asked for.');
export const badRequest = refuse(400, null, 'The address is no valid one.');
export const methodNotAllowed = refuse(405, null, 'Only GET, HEAD and OPTIONS are served here.');
export const signatureMissing = refuse(403, null, 'Missing signature');

/**
 * @param {string} id
 * @param {boolean} withToken a token was sent, and it is not one that has access
 */
export function gatedRepo(id, withToken) {
  const message = `Access to model ${id} is restricted. You must have access to it and be authenticated.`;
  return refuse(withToken ? 403 : 401, 'GatedRepo', message);
}

/**
 * Says no in the hub's way: in two headers, and in the body as JSON (API) or text (files).
 * @param {ServerResponse} response
 * @param {Refusal} refusal
 * @param {'json' | 'text'} format
 */
export function sendRefusal(response, { status, code, message }, format) {
  sendText(response, status, {
    type: format === 'json' ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8',
    text: format === 'json' ? JSON.stringify({ error: message }) : message,
    headers: {
      'X-Error-Message': message,
      ...(code === null ? {} : { 'X-Error-Code': code }),
    },
  });
}

/**
 * @param {ServerResponse} response
 * @param {string} url
 * @param {Record<string, string>} headers
 */
export function sendRedirect(response, url, headers) {
  sendText(response, 302, {
    type: 'text/plain; charset=utf-8',
    text: `Found. Redirecting to ${url}`,
    headers: { ...headers, Location: url },
  });
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {{ type: string, text: string, headers: Record<string, string> }} answer
 */
export function sendText(response, status, { type, text, headers }) {
  const body = Buffer.from(text);
  response
    .writeHead(status, { 'Content-Type': type, 'Content-Length': String(body.length), ...headers })
    .end(response.req.method === 'HEAD' ? undefined : body);
}

/**
 * @param {number} status
 * @param {ErrorCode | null} code
 * @param {string} message
 * @returns {Refusal}
 */
function refuse(status, code, message) {
  return { status, code, message };
}
