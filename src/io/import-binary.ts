/** What a file that is no text seems to be; `name` is absent where only that much is known. */
export interface BinaryContent {
  readonly name?: string;
}

/**
 * Tells from the first bytes of a file that it is no text: by the signature of a known format, else
 * by control characters, of which text has hardly any.
 * @param wide its characters take two bytes each, so that NULs tell nothing
 * @returns null for text
 */
export function findBinaryContent(bytes: Uint8Array, wide: boolean): BinaryContent | null {
  const known = signatures.find(([, offset = 0, ...signature]) =>
    signature.every((byte, index) => bytes[offset + index] === byte),
  );
  if (known !== undefined) return { name: known[0] };
  if (wide) return null;
  let controls = 0;
  for (const byte of bytes) if (isControl(byte)) controls += 1;
  return controls * 100 > bytes.length ? {} : null;
}

/** The bytes by which files of a kind are known. */
type Signature = readonly [name: string, offset: number, ...bytes: number[]];

const signatures: readonly Signature[] = [
  ['PNG', 0, 0x89, 0x50, 0x4e, 0x47],
  ['JPEG', 0, 0xff, 0xd8, 0xff],
  ['GIF', 0, 0x47, 0x49, 0x46, 0x38],
  ['PDF', 0, 0x25, 0x50, 0x44, 0x46, 0x2d],
  ['ZIP', 0, 0x50, 0x4b, 0x03, 0x04],
  ['gzip', 0, 0x1f, 0x8b],
  ['bzip2', 0, 0x42, 0x5a, 0x68, 0x39, 0x31, 0x41],
  ['xz', 0, 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['Zstandard', 0, 0x28, 0xb5, 0x2f, 0xfd],
  ['7z', 0, 0x37, 0x7a, 0xbc, 0xaf],
  ['tar', 257, 0x75, 0x73, 0x74, 0x61, 0x72],
  ['Parquet', 0, 0x50, 0x41, 0x52, 0x31],
  ['Arrow', 0, 0x41, 0x52, 0x52, 0x4f, 0x57, 0x31],
  ['NumPy', 0, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59],
  ['SQLite', 0, 0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66],
  ['Microsoft Office', 0, 0xd0, 0xcf, 0x11, 0xe0],
];

/** White space, escape, and the separators that spreadsheets and slides leave do stand in text. */
function isControl(byte: number): boolean {
  return byte < 0x09 || (byte > 0x0d && byte < 0x1b) || byte === 0x7f;
}
