import { describe, expect, it } from 'vitest';
import { GpuFaults } from './gpu-faults.ts';

/** As much of a GPUDevice as is watched. */
function fakeDevice() {
  let lose: (loss: { readonly message: string; readonly reason: string }) => void = () => undefined;
  const lost = new Promise((resolve) => {
    lose = resolve;
  });
  const device = Object.assign(new EventTarget(), { lost });
  const refuse = (error: object): void => {
    device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
  };
  // The watch takes nothing else of it.
  return { device: device as unknown as GPUDevice, lose, refuse };
}

class GPUValidationError {
  readonly message = 'the shader does not compile.';
}

class GPUOutOfMemoryError {
  readonly message = 'no room for the buffer';
}

describe('a device', () => {
  it('that is well gives no error', () => {
    const { device } = fakeDevice();
    const faults = new GpuFaults(device);
    expect(() => faults.check()).not.toThrow();
    expect(faults.lost.aborted).toBe(false);
  });

  it('that refused a call is not to be trusted any more, and says why', () => {
    const { device, refuse } = fakeDevice();
    const faults = new GpuFaults(device);
    refuse(new GPUValidationError());
    refuse(new GPUOutOfMemoryError());
    const expected = expect.objectContaining({
      code: 'inference-failed',
      message: expect.stringContaining('the shader does not compile.'),
    });
    expect(() => faults.check()).toThrow(expected);
    expect(() => faults.check()).toThrow(expected);
  });

  it('without room says so with a code of its own', () => {
    const { device, refuse } = fakeDevice();
    const faults = new GpuFaults(device);
    refuse(new GPUOutOfMemoryError());
    expect(() => faults.check()).toThrow(expect.objectContaining({ code: 'out-of-memory' }));
  });

  it('that is lost says so', async () => {
    const { device, lose } = fakeDevice();
    const faults = new GpuFaults(device);
    lose({ message: 'Device was destroyed.', reason: 'destroyed' });
    await device.lost;
    expect(() => faults.check()).toThrow(
      expect.objectContaining({
        code: 'device-lost',
        message: expect.stringContaining('destroyed'),
      }),
    );
  });

  it('is not watched after dispose', () => {
    const { device, refuse } = fakeDevice();
    const faults = new GpuFaults(device);
    faults.dispose();
    refuse(new GPUValidationError());
    expect(() => faults.check()).not.toThrow();
  });
});

describe('the error of a run', () => {
  it('comes from the loss that the browser tells of a moment later', async () => {
    const { device, lose } = fakeDevice();
    const faults = new GpuFaults(device);
    const cause = faults.causeOf(new Error('mapAsync failed'));
    lose({ message: '', reason: 'unknown' });
    expect(await cause).toMatchObject({
      code: 'device-lost',
      message: expect.stringContaining('unknown'),
    });
  });

  it('comes from what the device refused, else from itself', async () => {
    const { device, refuse } = fakeDevice();
    const faults = new GpuFaults(device);
    const error = new Error('a kernel failed');
    expect(await faults.causeOf(error)).toBe(error);
    refuse(new GPUValidationError());
    expect(await faults.causeOf(error)).toMatchObject({ code: 'inference-failed' });
  });
});
