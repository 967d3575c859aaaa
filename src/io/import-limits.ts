import type { ImportFormat } from './import-types.ts';

const mebibyte = 2 ** 20;

/**
 * The largest file that is read as a format, in bytes; larger ones are refused by their size, before
 * anything is read. Formats of lines are read piece by piece. Delimited files too, but whoever has
 * one that large seldom has the memory for its rows. JSON is needed as one string, and engines have
 * none of more than about 2^29 characters.
 */
export function maxBytesOf(format: ImportFormat): number {
  switch (format) {
    case 'plain-text':
    case 'jsonl':
    case 'trec-run':
    case 'trec-qrels':
    case 'collection':
      return 1024 * mebibyte;
    case 'delimited':
      return 500 * mebibyte;
    case 'json':
    case 'first-stage-lists':
    case 'squad':
    case 'rerank-request':
      return 400 * mebibyte;
    default: {
      const unknown: never = format;
      throw new TypeError(`Unknown format: ${String(unknown)}`);
    }
  }
}

/** A limit as problems name it: `400 MB`. */
export function writeLimit(bytes: number): string {
  return `${bytes / mebibyte} MB`;
}
