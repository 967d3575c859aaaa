// The matrix-product peak of a device: the most arithmetic per second that anything of a model
// could get there. On WASM it is the runtime's own MatMul, alone in a graph; on WebGPU a tiled
// kernel in WGSL.

/** @typedef {import('../../src/engine/onnx-session.ts').OnnxRuntime} OnnxRuntime */

/** As in a model: activations of a batch times the weights of a linear layer. */
const wasmShapes = [
  { rows: 768, inner: 768, columns: 768 },
  { rows: 768, inner: 256, columns: 1024 },
  { rows: 768, inner: 384, columns: 1536 },
];
const wasmMs = 250;

/**
 * Best of several runs and shapes, with the threads that the runtime has already. 10^9 operations
 * per second.
 * @param {OnnxRuntime} runtime
 */
export async function wasmPeakGflops(runtime) {
  let best = 0;
  for (const { rows, inner, columns } of wasmShapes) {
    const session = await runtime.InferenceSession.create(matMulModel(rows, inner, columns), {
      executionProviders: ['wasm'],
    });
    try {
      const { Tensor } = await import('onnxruntime-web/wasm');
      const values = Float32Array.from({ length: rows * inner }, (_, at) => (at % 7) / 7);
      const feeds = { a: new Tensor('float32', values, [rows, inner]) };
      await session.run(feeds);
      const until = performance.now() + wasmMs;
      while (performance.now() < until) {
        const startedAt = performance.now();
        await session.run(feeds);
        const ms = performance.now() - startedAt;
        best = Math.max(best, (2 * rows * inner * columns) / ms / 1e6);
      }
    } finally {
      await session.release();
    }
  }
  return { gflops: best };
}

/**
 * 4 x 4 results per invocation, 64 x 64 per workgroup, tiles of 16 in shared memory: no library's
 * best kernel, but near what a general one reaches. 10^9 operations per second.
 */
export async function gpuPeakGflops() {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('There is no GPU adapter.');
  // A software adapter would take minutes for what a GPU needs.
  const software = /swiftshader|llvmpipe/i.test(
    `${adapter.info.architecture}${adapter.info.description}`,
  );
  const size = software ? 256 : 2048;
  const device = await adapter.requestDevice();
  try {
    const bytes = size * size * 4;
    // Storage, and to be written to: GPUBufferUsage has no types here.
    const buffer = () => device.createBuffer({ size: bytes, usage: 0x80 | 0x08 });
    const [a, b, c] = [buffer(), buffer(), buffer()];
    const values = Float32Array.from({ length: size * size }, (_, at) => (at % 7) / 7);
    device.queue.writeBuffer(a, 0, values);
    device.queue.writeBuffer(b, 0, values);
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: matMulShader(size) }) },
    });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [a, b, c].map((each, binding) => ({ binding, resource: { buffer: each } })),
    });
    const runs = software ? 1 : 20;
    const once = async () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let run = 0; run < runs; run++) pass.dispatchWorkgroups(size / 64, size / 64);
      pass.end();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    };
    await once();
    let best = 0;
    for (let round = 0; round < (software ? 1 : 5); round++) {
      const startedAt = performance.now();
      await once();
      const ms = performance.now() - startedAt;
      best = Math.max(best, (runs * 2 * size ** 3) / ms / 1e6);
    }
    return { gflops: best };
  } finally {
    device.destroy();
  }
}

/** @param {number} size of the square matrices, a multiple of 64 */
function matMulShader(size) {
  return `
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
const size = ${size}u;
var<workgroup> tileA: array<array<f32, 16>, 64>;
var<workgroup> tileB: array<array<vec4<f32>, 16>, 16>;
@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) at: vec3<u32>) {
  let row = group.y * 64u;
  let column = group.x * 16u;
  let line = at.y * 16u + at.x;
  var sums: array<vec4<f32>, 4>;
  for (var k = 0u; k < size; k += 16u) {
    let from_a = a[((row + line / 4u) * size + k) / 4u + line % 4u];
    tileA[line / 4u][(line % 4u) * 4u] = from_a.x;
    tileA[line / 4u][(line % 4u) * 4u + 1u] = from_a.y;
    tileA[line / 4u][(line % 4u) * 4u + 2u] = from_a.z;
    tileA[line / 4u][(line % 4u) * 4u + 3u] = from_a.w;
    tileB[at.y][at.x] = b[(k + at.y) * size / 4u + column + at.x];
    workgroupBarrier();
    for (var inner = 0u; inner < 16u; inner++) {
      let right = tileB[inner][at.x];
      for (var each = 0u; each < 4u; each++) {
        sums[each] += tileA[at.y * 4u + each][inner] * right;
      }
    }
    workgroupBarrier();
  }
  for (var each = 0u; each < 4u; each++) {
    c[(row + at.y * 4u + each) * size / 4u + column + at.x] = sums[each];
  }
}`;
}

/**
 * An ONNX model that multiplies its input with constants, as a linear layer does. Field numbers are
 * those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 * @param {number} rows
 * @param {number} inner
 * @param {number} columns
 */
function matMulModel(rows, inner, columns) {
  const weights = Float32Array.from({ length: inner * columns }, (_, at) => (at % 11) / 11 - 0.5);
  const value = (/** @type {string} */ name, /** @type {number[]} */ dims) => {
    const shape = join(...dims.map((size) => field(1, number(1, size))));
    return join(text(1, name), field(2, field(1, join(number(1, 1), field(2, shape)))));
  };
  const graph = join(
    field(1, join(text(1, 'a'), text(1, 'b'), text(2, 'c'), text(4, 'MatMul'))),
    text(2, 'peak'),
    field(
      5,
      join(
        number(1, inner),
        number(1, columns),
        number(2, 1),
        text(8, 'b'),
        field(9, new Uint8Array(weights.buffer)),
      ),
    ),
    field(11, value('a', [rows, inner])),
    field(12, value('c', [rows, columns])),
  );
  return join(number(1, 8), field(7, graph), field(8, join(text(1, ''), number(2, 17))));
}

/** @param {number} tag @param {Uint8Array} bytes */
function field(tag, bytes) {
  return join(varint(tag * 8 + 2), varint(bytes.length), bytes);
}

/** @param {number} tag @param {string} words */
function text(tag, words) {
  return field(tag, new TextEncoder().encode(words));
}

/** @param {number} tag @param {number} value */
function number(tag, value) {
  return join(varint(tag * 8), varint(value));
}

/** @param {number} value */
function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** @param {readonly Uint8Array[]} pieces */
function join(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
