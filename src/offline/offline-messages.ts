/**
 * What the page and the service worker tell each other. The two may be of different versions, so
 * that whatever comes is checked, and what is not understood is ignored.
 */

/** Which build of the runtime this browser uses for WebGPU: see `worker/runtime.ts`. */
export type GpuRuntime = 'suspending' | 'asyncify' | 'none';

/** Why not all files could be kept: the disk is full or refused, no network, or other files there. */
export type KeepFailure = 'storage-full' | 'storage-refused' | 'network' | 'files-changed';

/** What the page asks for. */
export type PageMessage =
  /** Keep what is needed without a network; answered by `OfflineMessage`s to every page. */
  | { readonly type: 'fill'; readonly gpu: GpuRuntime }
  /** Leave it for now: the machine has other work. */
  | { readonly type: 'pause' }
  /** Remove all that is kept. */
  | { readonly type: 'forget' }
  /** Take over from the version before. */
  | { readonly type: 'activate' }
  /** Which requests the service worker has made; answered with `OwnRequest`s through the port. */
  | { readonly type: 'requests' };

/** How keeping files goes. */
export type OfflineMessage =
  | { readonly type: 'filling'; readonly keptBytes: number; readonly totalBytes: number }
  | { readonly type: 'ready'; readonly keptBytes: number }
  | { readonly type: 'failed'; readonly reason: KeepFailure; readonly keptBytes: number }
  | { readonly type: 'paused' }
  | { readonly type: 'forgotten' };

/** One request of the service worker itself, as its browser recorded it. */
export interface OwnRequest {
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds until the answer was complete. */
  readonly ms: number;
  /** Bytes of the answer. */
  readonly bytes: number;
  /** Bytes that came over the network, headers included; 0 where the browser had it in its cache. */
  readonly networkBytes: number;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
}

/** The most requests that one answer tells of. */
const mostRequests = 10_000;

const gpuRuntimes: readonly string[] = ['suspending', 'asyncify', 'none'] satisfies GpuRuntime[];
const keepFailures: readonly string[] = [
  'storage-full',
  'storage-refused',
  'network',
  'files-changed',
] satisfies KeepFailure[];

/**
 * Name of the web lock that every open page holds, by its version.
 * @param scope address of the page's folder, with a slash at its end
 */
export function versionLockOf(scope: string, version: string): string {
  return `crossrank version ${scope} ${version}`;
}

/** A message of the page; null for anything else. */
export function readPageMessage(received: unknown): PageMessage | null {
  if (!isRecord(received)) return null;
  const { type, gpu } = received;
  switch (type) {
    case 'fill':
      return isGpuRuntime(gpu) ? { type, gpu } : null;
    case 'pause':
    case 'forget':
    case 'activate':
    case 'requests':
      return { type };
    default:
      return null;
  }
}

/** A message of the service worker; null for anything else. */
export function readOfflineMessage(received: unknown): OfflineMessage | null {
  if (!isRecord(received)) return null;
  const { type, keptBytes, totalBytes, reason } = received;
  switch (type) {
    case 'filling':
      return isAmount(keptBytes) && isAmount(totalBytes) ? { type, keptBytes, totalBytes } : null;
    case 'ready':
      return isAmount(keptBytes) ? { type, keptBytes } : null;
    case 'failed':
      return isAmount(keptBytes) && isKeepFailure(reason) ? { type, reason, keptBytes } : null;
    case 'paused':
    case 'forgotten':
      return { type };
    default:
      return null;
  }
}

/** The requests of an answer; those that are not told completely are left out. */
export function readOwnRequests(received: unknown): readonly OwnRequest[] {
  if (!Array.isArray(received)) return [];
  return received.slice(0, mostRequests).filter(isOwnRequest);
}

function isOwnRequest(value: unknown): value is OwnRequest {
  if (!isRecord(value) || typeof value.url !== 'string') return false;
  return ['startedAt', 'ms', 'bytes', 'networkBytes', 'status'].every((name) =>
    isAmount(value[name]),
  );
}

function isGpuRuntime(value: unknown): value is GpuRuntime {
  return typeof value === 'string' && gpuRuntimes.includes(value);
}

function isKeepFailure(value: unknown): value is KeepFailure {
  return typeof value === 'string' && keepFailures.includes(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
