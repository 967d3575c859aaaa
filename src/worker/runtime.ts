import gpuModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import gpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import cpuModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import cpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { OnnxRuntime } from '../engine/onnx-session.ts';

/**
 * Loads the build of ONNX Runtime for a device, with its wasm from this origin: by default it
 * would come from a CDN. The CPU build is half the size of the WebGPU one, so each is fetched only
 * where it is used. `mjs` and `wasm` stay files of their own because the runtime starts its
 * threads from the address of `mjs`.
 */
export async function openRuntime(device: 'webgpu' | 'wasm'): Promise<OnnxRuntime> {
  if (device === 'wasm') {
    const runtime = await import('onnxruntime-web/wasm');
    runtime.env.wasm.wasmPaths = pathsOf(cpuModuleUrl, cpuWasmUrl);
    return runtime;
  }
  const runtime = await import('onnxruntime-web/webgpu');
  runtime.env.wasm.wasmPaths = pathsOf(gpuModuleUrl, gpuWasmUrl);
  runtime.env.webgpu.powerPreference = 'high-performance';
  return runtime;
}

function pathsOf(mjs: string, wasm: string): { mjs: string; wasm: string } {
  const absolute = (url: string): string => new URL(url, import.meta.url).href;
  return { mjs: absolute(mjs), wasm: absolute(wasm) };
}
