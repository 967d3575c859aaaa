/** One file of a model that the user brought along: from a folder or an archive. */
export interface ImportedFile {
  /** Path inside the model's folder, `/` between parts. */
  readonly path: string;
  readonly bytes: number;
  /** Its content from the start; every call reads anew. Cancel the stream to stop early. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}
