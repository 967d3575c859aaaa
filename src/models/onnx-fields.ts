import { RerankError } from '../core/errors.ts';
import {
  type ByteSource,
  ProtobufError,
  type ProtobufField,
  readFields,
} from './protobuf-reader.ts';

/** ModelProto: wire type of each field. */
const modelWireTypes: Readonly<Record<number, ProtobufField['wireType']>> = {
  1: 0,
  2: 2,
  3: 2,
  4: 2,
  5: 0,
  6: 2,
  7: 2,
  8: 2,
  14: 2,
  20: 2,
  25: 2,
  26: 2,
};

/**
 * The fields of an ONNX file (ModelProto), one after the other; the last one is only there when
 * the file is whole.
 * @throws RerankError `model-corrupt`, naming the file and saying what it is instead.
 */
export function* readModelFields(
  bytes: ByteSource,
  fileName: string,
): Generator<ProtobufField, undefined> {
  let fields = 0;
  try {
    for (const field of readFields(bytes)) {
      // Newer versions may add fields, but no file begins with them.
      const expected = modelWireTypes[field.number] ?? (fields === 0 ? null : field.wireType);
      if (field.wireType !== expected) throw corruptFile(fileName, describeOther(bytes));
      fields++;
      yield field;
    }
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    // Of a file that is one byte long, even that byte tells.
    const begins = fields > 0 || bytes.subarray(0, 1)[0] === firstByte;
    if (!begins) throw corruptFile(fileName, describeOther(bytes), error);
    if (error.fault.kind === 'malformed') {
      throw corruptFile(fileName, `is damaged at byte ${error.fault.position}`, error);
    }
    const missing = error.fault.missingBytes;
    throw corruptFile(
      fileName,
      `is cut off: it has ${bytes.length} bytes, and at least ${missing} more are missing`,
      error,
    );
  }
  if (fields === 0) throw corruptFile(fileName, 'is empty');
}

/** Tag of `ir_version`, with which every exporter begins. */
const firstByte = 0x08;

/** What a file is that is no ONNX model, as far as its first bytes tell. */
function describeOther(bytes: ByteSource): string {
  const start = new TextDecoder().decode(bytes.subarray(0, Math.min(200, bytes.length)));
  if (start.startsWith('version https://git-lfs')) {
    return (
      'is a Git LFS pointer: the text that stands for the real file, which is not there. ' +
      'Get it with "git lfs pull", or download it from the hub'
    );
  }
  if (start.startsWith('PK\u0003\u0004')) return 'is a zip archive, not an ONNX model';
  if (start.slice(4, 8) === 'ORTM') return 'is in the ORT format, not in the ONNX format';
  if (/^\s*<(!doctype html|html|head|body)/i.test(start)) {
    return 'is a web page (HTML): the host answered with a page in place of the file';
  }
  if (/^[\P{Cc}\s]+$/u.test(start) && !start.includes('\uFFFD')) {
    const line = start.trim().split('\n', 1)[0] ?? '';
    return `is text that begins with ${JSON.stringify(line.slice(0, 60))}, not an ONNX model`;
  }
  return 'is no ONNX model';
}

/** The error for a file that is damaged; `what` goes on from its name. */
export function corruptFile(fileName: string, what: string, cause?: unknown): RerankError {
  const advice = 'Delete it and get it again, or use another host.';
  return new RerankError('model-corrupt', `${fileName} ${what}. ${advice}`, { cause });
}
