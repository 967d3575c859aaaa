import { RerankError } from '../core/errors.ts';

/**
 * What a file store threw, as a RerankError that says what to do; one that already is stays.
 * @param what Which file or model it was about.
 */
export function toStorageError(error: unknown, what: string): RerankError {
  if (error instanceof RerankError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  switch (name) {
    case 'QuotaExceededError':
      return new RerankError(
        'storage-full',
        `${what}: there is no room left. Delete other models or free space on the disk, then try ` +
          'again; a download goes on where it stopped.',
        { cause: error },
      );
    case 'NoModificationAllowedError':
    case 'InvalidModificationError':
      return new RerankError(
        'storage-unavailable',
        `${what} is in use, perhaps in another tab. Close that tab and try again.`,
        { cause: error },
      );
    default:
      return new RerankError(
        'storage-unavailable',
        `${what} cannot be kept or read here (${name === '' ? '' : `${name}: `}${message}). ` +
          'Reload the page and try again; private windows often refuse to keep files.',
        { cause: error },
      );
  }
}
