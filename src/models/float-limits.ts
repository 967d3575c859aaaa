/**
 * The most bytes that the encoder's weights in blocks may take when they are widened to 32 bit at
 * load, on WASM: all of a model's matrices count together, and either all are widened or none.
 * WASM computes products of floats faster than those of blocks, and its heap ends at 4 GB: 400 MB
 * are the encoder of a base model (85 million weights: 340 MB).
 */
export const mostFloatBytes = 400_000_000;

/**
 * The most bytes that a table of 8-bit rows may take when it is widened to 32 bit at load, on
 * WebGPU. The positions of an XLM-R with 8,194 of them take 34 MB, its 250,002 words 1 GB.
 */
export const mostFloatTableBytes = 64_000_000;
