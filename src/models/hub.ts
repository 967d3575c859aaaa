import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import { checkAborted } from './abort.ts';
import {
  apiUrl,
  checkHost,
  checkHubId,
  checkRevision,
  isCommit,
  type RepositoryAddress,
} from './hub-address.ts';
import {
  ask,
  type HubCall,
  HubError,
  type HubRequest,
  readSha256,
  refusalOf,
} from './hub-request.ts';
import { defaultMaxTextBytes, readText } from './hub-text.ts';
import type { ModelFile } from './model-card.ts';
import { checkPath } from './safe-path.ts';

/** What a hub says about one model. */
export interface Repository extends RepositoryAddress {
  /** The commit where the hub told it; else as asked. */
  readonly revision: string;
  /** False when the host lists nothing (a plain mirror): then `files` is empty, so probe. */
  readonly listed: boolean;
  /** The hub's word for the licence, for example `apache-2.0`; null when not stated. */
  readonly licence: string | null;
  /** As the model's card names them; empty when not stated. */
  readonly languages: readonly string[];
  /** True when its terms must be accepted before files are given out. */
  readonly gated: boolean;
  readonly files: readonly ModelFile[];
}

/** Pages of a listing that are read at most; one has 1,000 entries on the hub. */
const maxPages = 20;

/**
 * Asks a hub about a model: its commit, its licence and its files. A host without the hub's API
 * (it answers something else there, or nothing) is a plain mirror, `listed: false`.
 * @throws RerankError `invalid-request`, `access-denied`, `model-not-found`, `download-failed`
 *   (too many requests), `aborted`
 */
export async function openRepository(
  address: RepositoryAddress,
  call: HubCall = {},
): Promise<Repository> {
  const asked: RepositoryAddress = {
    host: checkHost(address.host),
    id: checkHubId(address.id),
    revision: checkRevision(address.revision),
  };
  const info = await askApi(apiUrl(asked, 'revision'), asked, infoSchema, call);
  if (info === null) return plainMirror(asked);
  const sha = info.value.sha ?? '';
  const found = { ...asked, revision: isCommit(sha) ? sha : asked.revision };
  const card = info.value.cardData ?? {};
  const tag = info.value.tags?.find((name) => name.startsWith('license:'));
  const described: Repository = {
    ...plainMirror(found),
    licence: [card.license ?? []].flat()[0] ?? tag?.slice('license:'.length) ?? null,
    languages: [card.language ?? []].flat(),
    gated: info.value.gated !== undefined && info.value.gated !== false,
  };
  const files = await listFiles(found, call);
  return files === null ? described : { ...described, listed: true, files };
}

function plainMirror(address: RepositoryAddress): Repository {
  return { ...address, listed: false, licence: null, languages: [], gated: false, files: [] };
}

const textOrTexts = v.union([v.string(), v.array(v.string())]);

/** Source: https://huggingface.co/docs/hub/api. Authors write the card: odd parts are no fault. */
const infoSchema = v.object({
  sha: v.fallback(v.optional(v.string()), undefined),
  gated: v.fallback(v.optional(v.union([v.boolean(), v.string()])), undefined),
  tags: v.fallback(v.optional(v.array(v.string())), undefined),
  cardData: v.fallback(
    v.nullish(
      v.object({
        license: v.fallback(v.nullish(textOrTexts), undefined),
        language: v.fallback(v.nullish(textOrTexts), undefined),
      }),
    ),
    undefined,
  ),
});

const byteCount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const treeSchema = v.array(
  v.object({
    type: v.string(),
    path: v.string(),
    size: v.optional(byteCount),
    lfs: v.nullish(v.object({ oid: v.string(), size: v.optional(byteCount) })),
  }),
);

/** The files of a repository; null when the host does not list them. */
async function listFiles(
  address: RepositoryAddress,
  call: HubCall,
): Promise<readonly ModelFile[] | null> {
  const files: ModelFile[] = [];
  const url = new URL(apiUrl(address, 'tree'));
  url.searchParams.set('recursive', 'true');
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await askApi(url.href, address, treeSchema, call);
    if (answer === null) return null;
    for (const { type, path, size, lfs } of answer.value) {
      // A path that would be refused later is no file of a model.
      if (type !== 'file' || !isAcceptedPath(path)) continue;
      files.push({
        path,
        bytes: lfs?.size ?? size ?? null,
        sha256: readSha256(lfs?.oid.replace(/^sha256:/u, '')),
      });
    }
    const cursor = readCursor(answer.response);
    if (cursor === null) return files;
    url.searchParams.set('cursor', cursor);
  }
  throw new RerankError(
    'model-unsupported',
    `${address.id} has more files than are listed here. Import the model from a folder.`,
  );
}

/**
 * The cursor of the next page. Only the cursor is taken from the address that the host names: a
 * mirror may name the hub that it mirrors.
 */
function readCursor(response: Response): string | null {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/u.exec(response.headers.get('Link') ?? '')?.[1];
  if (next === undefined || !URL.canParse(next, response.url)) return null;
  return new URL(next, response.url).searchParams.get('cursor');
}

/** What the API answers; null when there is no such API at this host. */
async function askApi<T>(
  url: string,
  address: RepositoryAddress,
  schema: v.GenericSchema<unknown, T>,
  call: HubCall,
): Promise<{ readonly response: Response; readonly value: T } | null> {
  const what = `The list of files of ${address.id} (revision ${address.revision})`;
  const request: HubRequest = { ...call, url, what, accept: [400, 401, 403, 404, 405, 410] };
  let response: Response;
  let text: string;
  try {
    response = await ask(request);
    text = await readText(response, { ...request, maxBytes: defaultMaxTextBytes });
  } catch (error) {
    checkAborted(call.signal);
    if (error instanceof HubError && error.status === 429) throw error;
    if (error instanceof RerankError && error.code !== 'aborted') return null;
    throw error;
  }
  const json = parseJson(text);
  if (!response.ok) {
    // The hub says what is wrong. A plain mirror has but a page, or a bare "not found", for an
    // address that it does not know, and may have the files all the same.
    const saysWhy =
      response.headers.has('X-Error-Code') ||
      (response.status !== 404 && v.is(refusalSchema, json));
    if (saysWhy) throw refusalOf(response, { ...request, what: nameOfModel(address) });
    return null;
  }
  const parsed = v.safeParse(schema, json);
  return parsed.success ? { response, value: parsed.output } : null;
}

const refusalSchema = v.object({ error: v.string() });

function nameOfModel({ id, revision }: RepositoryAddress): string {
  return `${id} (revision ${revision})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAcceptedPath(path: string): boolean {
  try {
    return checkPath(path, '') === path;
  } catch {
    return false;
  }
}
