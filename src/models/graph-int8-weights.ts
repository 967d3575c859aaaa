import type { Int8Weight } from './graph-int8-products.ts';
import type { GraphTensor } from './onnx-graph.ts';

/** The tensors of a weight in blocks, as `MatMulNBits` wants them. */
export interface BlockWeight {
  /** Weights that share a scale. */
  readonly blockSize: number;
  /** uint8, [outputs, blocks, blockSize]. */
  readonly values: GraphTensor;
  /** float32, one for each block. */
  readonly scales: GraphTensor;
  /** uint8, one for each block; null when all of them are 128, which is what is taken then. */
  readonly zeroPoints: GraphTensor | null;
}

/**
 * A weight as floats, [inputs, outputs], made when they are read.
 * @param name Of the new tensor.
 */
export function floatTensor(weight: Int8Weight, name: string): GraphTensor {
  const [rows, columns] = sizeOf(weight);
  const read = (): Uint8Array => {
    const values = numbersOf(weight.values);
    const scales = perColumn(floatsOf(weight.scale), columns);
    const zeros = perColumn(zerosOf(weight), columns);
    const floats = new Float32Array(rows * columns);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) {
        floats[at] = ((values[at] ?? 0) - (zeros[column] ?? 0)) * (scales[column] ?? 0);
      }
    }
    return new Uint8Array(floats.buffer);
  };
  return { name, type: 'float32', dims: [rows, columns], length: 4 * rows * columns, read };
}

/**
 * A weight in 8-bit blocks: turned so that each output's weights lie together, made when they are
 * read. int8 becomes uint8 by adding 128. Rows that end inside a block are filled with zeros. Of
 * the weight itself nothing is read here but its zero point.
 * @param nameOf Gives the name of each new tensor from the old one's and what it holds.
 */
export function blockWeight(weight: Int8Weight, nameOf: (part: string) => string): BlockWeight {
  const [rows, columns] = sizeOf(weight);
  const blocks = Math.ceil(rows / blockSize);
  const zerosOfColumns = (): Float64Array => perColumn(unsignedZerosOf(weight), columns);
  const values: GraphTensor = {
    name: nameOf('blocks'),
    type: 'uint8',
    dims: [columns, blocks, blockSize],
    length: columns * blocks * blockSize,
    read: () => turned(weight, blocks * blockSize, zerosOfColumns()),
  };
  const scales: GraphTensor = {
    name: nameOf('scales'),
    type: 'float32',
    dims: [columns * blocks],
    length: 4 * columns * blocks,
    read: () => {
      const each = perColumn(floatsOf(weight.scale), columns);
      const all = new Float32Array(columns * blocks);
      each.forEach((scale, column) => {
        all.fill(scale, column * blocks, (column + 1) * blocks);
      });
      return new Uint8Array(all.buffer);
    },
  };
  if (unsignedZerosOf(weight).every((zero) => zero === 128)) {
    return { blockSize, values, scales, zeroPoints: null };
  }
  const zeroPoints: GraphTensor = {
    name: nameOf('zero_points'),
    type: 'uint8',
    dims: [columns * blocks],
    length: columns * blocks,
    read: () => {
      const all = new Uint8Array(columns * blocks);
      zerosOfColumns().forEach((zero, column) => {
        all.fill(zero, column * blocks, (column + 1) * blocks);
      });
      return all;
    },
  };
  return { blockSize, values, scales, zeroPoints };
}

/**
 * Weights that share a scale. Here all of a column do, so it is the kernels that choose: the one
 * that ONNX Runtime has for blocks of 32 on WebGPU took a fifth to a tenth of the time of those for
 * 16, 64 and 128 on the software adapter, and a third of that for floats.
 */
const blockSize = 32;

/** Weights that are turned at a time, in either direction: what stays in the CPU's caches. */
const tile = 64;

/** The values as uint8, [columns, paddedRows]. */
function turned(
  weight: Int8Weight,
  paddedRows: number,
  zeros: Float64Array,
): Uint8Array<ArrayBuffer> {
  const [rows, columns] = sizeOf(weight);
  const { type } = weight.values;
  const bytes = weight.values.read();
  // In two's complement, adding 128 to an int8 is turning its highest bit over.
  const turnedBit = type === 'int8' ? 0x80 : 0;
  const result = new Uint8Array(columns * paddedRows);
  for (let firstColumn = 0; firstColumn < columns; firstColumn += tile) {
    const lastColumn = Math.min(columns, firstColumn + tile);
    for (let firstRow = 0; firstRow < rows; firstRow += tile) {
      const lastRow = Math.min(rows, firstRow + tile);
      for (let column = firstColumn; column < lastColumn; column++) {
        let to = column * paddedRows + firstRow;
        let from = firstRow * columns + column;
        for (let row = firstRow; row < lastRow; row++, from += columns) {
          result[to++] = (bytes[from] ?? 0) ^ turnedBit;
        }
      }
    }
  }
  if (paddedRows > rows) {
    for (let column = 0; column < columns; column++) {
      const zero = zeros[column] ?? 0;
      result.fill(zero, column * paddedRows + rows, (column + 1) * paddedRows);
    }
  }
  return result;
}

function sizeOf({ values }: Int8Weight): readonly [rows: number, columns: number] {
  const [rows = 0, columns = 0] = values.dims;
  return [rows, columns];
}

/** The bytes of an int8 or uint8 tensor as the numbers they are. */
function numbersOf({ type, read }: GraphTensor): Int8Array | Uint8Array {
  const bytes = read();
  return type === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
}

/** A copy: a file's bytes lie at any offset, and floats want one that is a multiple of four. */
function floatsOf({ read }: GraphTensor): Float32Array {
  return new Float32Array(Uint8Array.from(read()).buffer);
}

function zerosOf({ zeroPoint }: Int8Weight): Int8Array | Uint8Array {
  return zeroPoint === null ? new Int8Array(1) : numbersOf(zeroPoint);
}

/** Zero points of the values once they are uint8. */
function unsignedZerosOf(weight: Int8Weight): readonly number[] {
  const shift = weight.values.type === 'int8' ? 128 : 0;
  return Array.from(zerosOf(weight), (zero) => zero + shift);
}

/** One value for each column, of one for all or one each. */
function perColumn(values: ArrayLike<number>, columns: number): Float64Array {
  return Float64Array.from({ length: columns }, (_, column) =>
    Number(values[values.length === 1 ? 0 : column]),
  );
}
