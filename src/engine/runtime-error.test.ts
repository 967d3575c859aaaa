import { describe, expect, it } from 'vitest';
import { RerankError, type RerankErrorCode } from '../core/errors.ts';
import { translateRuntimeError } from './runtime-error.ts';

describe('what a runtime throws', () => {
  it.each<[RerankErrorCode, unknown]>([
    ['out-of-memory', new RangeError('WebAssembly.Memory(): could not allocate memory')],
    ['out-of-memory', new RangeError('Array buffer allocation failed')],
    ['out-of-memory', new WebAssembly.RuntimeError('Aborted(OOM). Build with -sASSERTIONS')],
    ['out-of-memory', new WebAssembly.RuntimeError('memory access out of bounds')],
    [
      'out-of-memory',
      new Error('failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc'),
    ],
    ['out-of-memory', new Error('Out of memory')],
    ['out-of-memory', 6_820_880],
    [
      'out-of-memory',
      new RangeError(
        "Failed to execute 'createBuffer' on 'GPUDevice': createBuffer failed, size (1099511627776) is too large",
      ),
    ],
    [
      'out-of-memory',
      new Error(
        'Failed to load external data file ""inline-weights"", error: Unknown error occurred in memory copy.',
      ),
    ],
    ['model-corrupt', new Error('Failed to load external data file "w.bin", error: not found')],
    ['device-lost', new Error('Device is lost.')],
    ['device-lost', new Error('The GPU connection lost')],
    ['device-lost', new DOMException('Instance dropped in popErrorScope', 'OperationError')],
    ['device-lost', new DOMException('A valid external Instance reference no longer exists.')],
    ['session-failed', new Error('no available backend found. ERR: [wasm] CompileError')],
  ])('is %s: %s', (code, thrown) => {
    expect(translateRuntimeError(thrown, 'session-failed').code).toBe(code);
  });

  it('stays what it is where it has a code already', () => {
    const known = new RerankError('aborted', 'out of memory, they said');
    expect(translateRuntimeError(known, 'session-failed')).toBe(known);
  });
});
