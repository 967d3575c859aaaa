import { RerankError } from '../core/errors.ts';
import { checkAborted } from './abort.ts';
import type { HubRequest } from './hub-request.ts';

/** Most bytes of a text, unless a caller says otherwise: 64 MiB. */
export const defaultMaxTextBytes = 64 * 2 ** 20;

/** The connection ended in the middle of an answer. */
export class BrokenOff extends RerankError {}

/**
 * Reads an answer as text.
 * @throws RerankError `model-corrupt` when it is too large, `download-failed` (as BrokenOff),
 *   `aborted`
 */
export async function readText(
  response: Response,
  { url, what, signal, maxBytes }: HubRequest & { readonly maxBytes: number },
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = '';
  let bytes = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes > maxBytes) {
        const megabytes = (maxBytes / 1e6).toFixed(1);
        throw new RerankError('model-corrupt', `${what} is larger than ${megabytes} MB (${url}).`);
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    checkAborted(signal);
    if (error instanceof RerankError) throw error;
    const message = `${what} broke off after ${bytes} bytes (${url}). Try again.`;
    throw new BrokenOff('download-failed', message, { cause: error });
  } finally {
    reader?.cancel().catch(() => undefined);
  }
  return text + decoder.decode();
}
