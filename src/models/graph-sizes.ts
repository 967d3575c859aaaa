/**
 * The length of one axis: a number, or where it depends on the input a product of names, as in
 * `4*batch*sequence`. Equal sizes are equal values (`===`); unequal ones may still be the same.
 */
export type Size = number | string;

/** The product of sizes; 1 of none. Null when it gets too long to be written down. */
export function productOf(sizes: readonly Size[]): Size | null {
  let factor = 1;
  const names: string[] = [];
  for (const size of sizes) {
    const parts = partsOf(size);
    factor *= parts.factor;
    names.push(...parts.names);
    if (names.length > mostNames) return null;
  }
  return sizeOf(factor, names);
}

/** `dividend / divisor`, or null when it is not certain to be whole. */
export function quotientOf(dividend: Size, divisor: Size): Size | null {
  const { factor, names } = partsOf(dividend);
  const { factor: by, names: others } = partsOf(divisor);
  if (by === 0 || factor % by !== 0) return null;
  const left = [...names];
  for (const name of others) {
    const at = left.indexOf(name);
    if (at < 0) return null;
    left.splice(at, 1);
  }
  return sizeOf(factor / by, left);
}

/**
 * The shape that shapes have together in an operator that works value by value (broadcasting from
 * the right). An axis of which that cannot be told is null.
 * Source: https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md
 */
export function broadcastOf(shapes: readonly (readonly Size[])[]): (Size | null)[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(
      shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1),
    );
    // Beside a number above one, whatever else there is must be that number, or one.
    const number = [...sizes].find((size) => typeof size === 'number');
    if (number !== undefined) return number;
    const [only = 1] = sizes;
    return sizes.size > 1 ? null : only;
  });
}

/** Products of more names come from no real model. */
const mostNames = 8;

function partsOf(size: Size): { readonly factor: number; readonly names: readonly string[] } {
  if (typeof size === 'number') return { factor: size, names: [] };
  const parts = size.split('*');
  const factor = Number(parts[0]);
  return Number.isNaN(factor) ? { factor: 1, names: parts } : { factor, names: parts.slice(1) };
}

/** One way of writing each product. */
function sizeOf(factor: number, names: readonly string[]): Size | null {
  if (!Number.isSafeInteger(factor)) return null;
  if (names.length === 0 || factor === 0) return factor;
  const sorted = names.toSorted();
  return (factor === 1 ? sorted : [factor, ...sorted]).join('*');
}
