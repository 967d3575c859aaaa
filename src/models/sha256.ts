import { createSHA256 } from 'hash-wasm';
import { RerankError } from '../core/errors.ts';

/** A SHA-256 that grows with a file; SubtleCrypto would need the whole file in memory. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Of all bytes so far, lower-case hexadecimal. Nothing can be added afterwards. */
  digest(): string;
}

/**
 * Starts a SHA-256 of no bytes.
 * @throws RerankError `storage-unavailable` where WebAssembly is refused
 */
export async function startSha256(): Promise<Sha256> {
  try {
    const hasher = await createSHA256();
    hasher.init();
    return {
      update: (bytes) => {
        hasher.update(bytes);
      },
      digest: () => hasher.digest('hex'),
    };
  } catch (error) {
    throw new RerankError(
      'storage-unavailable',
      `Files cannot be verified, since WebAssembly does not start here: ${String(error)}`,
      { cause: error },
    );
  }
}
