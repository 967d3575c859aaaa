import * as v from 'valibot';
import { RerankError } from '../core/errors.ts';
import type { LongDocuments } from '../engine/reranker.ts';

/** What a link carries: a query, its documents, and the settings that decide their order. */
export interface SharedInput {
  readonly version: 1;
  readonly query: string;
  /** At most 10,000. */
  readonly documents: readonly string[];
  /**
   * Id of the model; null: the embedded one. Comes from a stranger: show it, do not fetch it
   * unasked.
   */
  readonly model: string | null;
  readonly longDocuments: LongDocuments;
  /** Longest pair in tokens. Whole number >= 32. */
  readonly maxLength: number;
  readonly order: 'cross-encoder' | 'bm25' | 'both';
  /** Set where another model scored everything first: its id, and how many `model` scored again. */
  readonly cascade?: { readonly fast: string; readonly depth: number };
}

/** A link, or how much too long it would be. */
export type ShareLink =
  | {
      readonly ok: true;
      /** With the `#`, to be put behind the page's address. */
      readonly fragment: string;
      readonly length: number;
    }
  | {
      readonly ok: false;
      /** Characters that the fragment would have. */
      readonly length: number;
      /** Characters that it may have: 32,000. */
      readonly limit: number;
    };

/**
 * What a fragment holds. `damaged`: cut off, changed on its way, or none of ours. `newer-version`:
 * made by a later release. `too-large`: longer than a link may be, or holds over 5 MB or 10,000
 * documents.
 */
export type DecodedShare =
  | { readonly ok: true; readonly input: SharedInput }
  | { readonly ok: false; readonly problem: 'damaged' | 'newer-version' | 'too-large' };

/**
 * Packs a query with its documents into the fragment of a link, which browsers never send to a
 * server: `#/share/1.` and JSON, as UTF-8, deflated, in base64url. A fragment may have 32,000
 * characters. Browsers take far more, but chats and mail programs cut long links; this holds some
 * 60 paragraphs of English. Lone surrogates and equal documents survive.
 * @throws RerankError `too-large` for more than 10,000 documents or 5 MB of them, which no release
 *   would read back however well they compress
 */
export async function encodeShare(input: SharedInput): Promise<ShareLink> {
  // Named one by one, so that nothing else of a wider object gets into a link.
  const { query, documents, model, longDocuments, maxLength, order, cascade } = input;
  const json = JSON.stringify({
    version: 1,
    query,
    documents,
    model,
    longDocuments,
    maxLength,
    order,
    ...(cascade && { cascade: { fast: cascade.fast, depth: cascade.depth } }),
  } satisfies SharedInput);
  const bytes = new TextEncoder().encode(json);
  if (documents.length > documentLimit || bytes.length > inflatedLimit) {
    throw new RerankError(
      'too-large',
      `A link carries at most 10,000 documents and 5 MB, not ${documents.length} and ${bytes.length} bytes; share fewer documents, or export a file.`,
    );
  }
  const deflated = await collect(slices(bytes).pipeThrough(new CompressionStream('deflate-raw')));
  const length = prefix.length + Math.ceil((deflated.length * 4) / 3);
  if (length > linkLimit) return { ok: false, length, limit: linkLimit };
  return { ok: true, fragment: prefix + toBase64Url(deflated), length };
}

/**
 * Unpacks a fragment of `encodeShare`, with or without its `#`; never throws. The fragment may come
 * from anybody: unpacking stops as soon as it passes 5 MB, and what comes out passes a schema.
 */
export async function decodeShare(fragment: string): Promise<DecodedShare> {
  const [, version, packed] = shareFragment.exec(fragment) ?? [];
  if (version === undefined || packed === undefined) return problem('damaged');
  if (version !== '1') return problem('newer-version');
  if (fragment.length > linkLimit) return problem('too-large');
  let value: unknown;
  try {
    const bytes = fromBase64Url(packed);
    const inflated = await collect(
      slices(bytes).pipeThrough(new DecompressionStream('deflate-raw')),
    );
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(inflated));
  } catch (error) {
    return problem(error instanceof TooLarge ? 'too-large' : 'damaged');
  }
  const parsed = v.safeParse(sharedInputSchema, value);
  if (parsed.success) return { ok: true, input: parsed.output };
  if (v.is(newerVersionSchema, value)) return problem('newer-version');
  return problem(v.is(manyDocumentsSchema, value) ? 'too-large' : 'damaged');
}

/** Characters of a fragment. */
const linkLimit = 32_000;
/** Bytes of the JSON. */
const inflatedLimit = 5_000_000;
const documentLimit = 10_000;
/** Tokens of a pair; no model reads as many. */
const mostTokens = 1_000_000;
/** Characters of a model's name. */
const nameLimit = 1_000;

const prefix = '#/share/1.';
const shareFragment = /^#?\/share\/([1-9]\d{0,5})\.([\w-]*)$/;

const documentsSchema = v.array(v.string());

/** What is shown as a name must not turn the text around it. */
const nameSchema = v.pipe(
  v.string(),
  v.maxLength(nameLimit),
  v.regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u),
);

const sharedInputSchema: v.GenericSchema<unknown, SharedInput> = v.object({
  version: v.literal(1),
  query: v.string(),
  documents: v.pipe(documentsSchema, v.maxLength(documentLimit)),
  model: v.nullable(nameSchema),
  longDocuments: v.picklist(['max', 'mean-of-top-3', 'first', 'truncate']),
  maxLength: atMost(v.pipe(v.number(), v.integer(), v.minValue(32)), mostTokens),
  order: v.picklist(['cross-encoder', 'bm25', 'both']),
  // Releases before two models could work in one run did not write it, and read past it.
  cascade: v.exactOptional(
    v.object({
      fast: nameSchema,
      // No more than there can be documents.
      depth: atMost(v.pipe(v.number(), v.integer(), v.minValue(1)), documentLimit),
    }),
  ),
});

const newerVersionSchema = v.object({ version: v.pipe(v.number(), v.integer(), v.minValue(2)) });

const manyDocumentsSchema = v.object({
  version: v.literal(1),
  documents: v.pipe(documentsSchema, v.minLength(documentLimit + 1)),
});

/** Larger numbers mean the same as the largest, and would be shown with all their digits. */
function atMost(
  schema: v.GenericSchema<unknown, number>,
  most: number,
): v.GenericSchema<unknown, number> {
  return v.pipe(
    schema,
    v.transform((value) => Math.min(value, most)),
  );
}

class TooLarge extends Error {}

function problem(code: 'damaged' | 'newer-version' | 'too-large'): DecodedShare {
  return { ok: false, problem: code };
}

/**
 * The bytes in small parts, handed out when they are asked for: a part unpacks to at most a
 * thousand times its size, and the next one waits until that was counted.
 */
function slices(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const partBytes = 1024;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + partBytes));
      at += partBytes;
    },
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > inflatedLimit) {
      // Its outcome means nothing any more; a rejection must not surface elsewhere.
      reader.cancel().catch(() => undefined);
      throw new TooLarge();
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @throws DOMException for a length that base64 cannot have */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
