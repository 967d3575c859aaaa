import gpuModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import gpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import suspendingModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import suspendingWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import cpuModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import cpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { OnnxRuntime } from '../engine/onnx-session.ts';

/**
 * Loads the build of ONNX Runtime for a device, with its wasm from this origin: by default it
 * would come from a CDN. Each build is fetched only where it is used. The one for the CPU is the
 * smallest. The ones for WebGPU have to wait for the GPU in the midst of a call: where the browser
 * itself can suspend WebAssembly (JSPI), the build is 17 MB and starts twice as fast as the one of
 * 27 MB in which every function can be left and entered again (Asyncify).
 * `mjs` and `wasm` stay files of their own because the runtime starts its threads from the address
 * of `mjs`.
 */
export async function openRuntime(device: 'webgpu' | 'wasm'): Promise<OnnxRuntime> {
  const wasmPaths = pathsFor(device);
  if (device === 'wasm') {
    const runtime = await import('onnxruntime-web/wasm');
    runtime.env.wasm.wasmPaths = wasmPaths;
    return runtime;
  }
  const runtime = canSuspend()
    ? await import('onnxruntime-web/jspi')
    : await import('onnxruntime-web/webgpu');
  runtime.env.wasm.wasmPaths = wasmPaths;
  runtime.env.webgpu.powerPreference = 'high-performance';
  return runtime;
}

/** What is wrong with the files of a runtime that did not start, see `explainFiles`. */
export async function explainRuntime(
  device: 'webgpu' | 'wasm',
  reason: string,
): Promise<string | null> {
  const { explainFiles } = await import('./runtime-files.ts');
  const { mjs, wasm } = pathsFor(device);
  return explainFiles(
    [
      { url: mjs, kind: 'module' },
      { url: wasm, kind: 'wasm' },
    ],
    reason,
  );
}

function pathsFor(device: 'webgpu' | 'wasm'): { mjs: string; wasm: string } {
  if (device === 'wasm') return pathsOf(cpuModuleUrl, cpuWasmUrl);
  return canSuspend()
    ? pathsOf(suspendingModuleUrl, suspendingWasmUrl)
    : pathsOf(gpuModuleUrl, gpuWasmUrl);
}

/**
 * Whether the browser has JavaScript Promise Integration as it was standardised: trials before had
 * other names. Source: https://webassembly.github.io/js-promise-integration/js-api/
 */
function canSuspend(): boolean {
  return 'Suspending' in WebAssembly && 'promising' in WebAssembly;
}

function pathsOf(mjs: string, wasm: string): { mjs: string; wasm: string } {
  const absolute = (url: string): string => new URL(url, import.meta.url).href;
  return { mjs: absolute(mjs), wasm: absolute(wasm) };
}
