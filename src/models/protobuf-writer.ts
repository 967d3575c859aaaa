import { encodeVarint } from './protobuf-reader.ts';

/** A varint field. `value` is a whole number, exact up to 2^53; a negative one takes ten bytes. */
export function varintField(field: number, value: number): Uint8Array {
  const digits = value < 0 ? encodeNegative(value) : encodeVarint(value);
  return Uint8Array.from([...encodeVarint(field * 8), ...digits]);
}

/** A length-delimited field of several pieces, none of which is copied. */
export function delimited(field: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const head = [...encodeVarint(field * 8 + 2), ...encodeVarint(bytesOf(pieces))];
  return [Uint8Array.from(head), ...pieces];
}

/** A field of text, in UTF-8. */
export function textField(field: number, text: string): Uint8Array[] {
  return delimited(field, [utf8.encode(text)]);
}

/** The pieces one after the other, as one array. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytesOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

const utf8 = new TextEncoder();

function bytesOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** Two's complement of 64 bits, lowest seven bits first. */
function encodeNegative(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
