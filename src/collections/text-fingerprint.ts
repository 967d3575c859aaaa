import { createSHA256 } from 'hash-wasm';
import { RerankError } from '../core/errors.ts';

/** Words of a fingerprint: four times 32 bits. */
export const wordsPerFingerprint = 4;

/**
 * Fingerprints of texts: the first 128 bits of the SHA-256 of their UTF-8. Texts come from
 * anywhere, so nobody may be able to make two with one fingerprint; 128 bits leave no accidents
 * either. Half a surrogate pair counts as U+FFFD, which is how tokenizers see it too.
 */
export interface TextFingerprints {
  /** As `wordsPerFingerprint` words, written into `target` from `at` on. */
  write(text: string, target: Uint32Array, at: number): void;
  /** As 32 hexadecimal digits, lower case. */
  hex(text: string): string;
}

let started: Promise<TextFingerprints> | null = null;

/**
 * Gets ready to make fingerprints, once; making them is synchronous then.
 * @throws RerankError `storage-unavailable` where WebAssembly is refused
 */
export function startFingerprints(): Promise<TextFingerprints> {
  started ??= create().catch((error: unknown) => {
    started = null;
    throw new RerankError(
      'storage-unavailable',
      `Scores cannot be remembered, since WebAssembly does not start here: ${String(error)}`,
      { cause: error },
    );
  });
  return started;
}

async function create(): Promise<TextFingerprints> {
  const hasher = await createSHA256();
  const digest = (text: string): DataView => {
    const bytes = hasher.init().update(text).digest('binary');
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  return {
    write: (text, target, at) => {
      const view = digest(text);
      for (let word = 0; word < wordsPerFingerprint; word += 1) {
        target[at + word] = view.getUint32(4 * word);
      }
    },
    hex: (text) => {
      const view = digest(text);
      const words = [0, 4, 8, 12].map((byte) => view.getUint32(byte));
      return words.map((word) => word.toString(16).padStart(8, '0')).join('');
    },
  };
}
