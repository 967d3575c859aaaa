import type { ByteSource } from '../models/protobuf-reader.ts';

/**
 * Bytes as the runtime takes external data: it knows only Uint8Array, of which it reads
 * `byteLength` and calls `subarray` once per tensor (`mountExternalData` in onnxruntime-web). So
 * an array without memory of its own, which answers these two from the source, spares a copy of
 * the file.
 */
export class MountedBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** What the source threw, which the runtime keeps to itself. */
  failure: unknown;

  constructor(path: string, source: ByteSource) {
    this.path = path;
    if (source instanceof Uint8Array) {
      this.bytes = source;
      return;
    }
    const subarray = (start = 0, end = source.length): Uint8Array => {
      try {
        return source.subarray(start, end);
      } catch (error) {
        this.failure = error;
        throw error;
      }
    };
    this.bytes = Object.defineProperties(new Uint8Array(), {
      byteLength: { value: source.length },
      length: { value: source.length },
      subarray: { value: subarray },
    });
  }
}
