import type { Browser, Page, Worker } from '@playwright/test';

/**
 * Puts code in front of the script of every scoring worker that is started from here on. Not an
 * init script: those run in pages only. Service workers have to be blocked, since what they fetch
 * goes past such routes.
 */
export async function patchWorkers(page: Page, patch: () => void): Promise<void> {
  await page.route('**/assets/reranker.worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${patch})();\n${await response.text()}` });
  });
}

/** The scoring worker that lives; undefined while there is none. */
export function scoringWorker(page: Page): Worker | undefined {
  return page.workers().findLast((worker) => worker.url().includes('/reranker.worker-'));
}

/** Runs code in the scoring worker that lives. */
export async function inScoringWorker(page: Page, run: () => void): Promise<void> {
  const worker = scoringWorker(page);
  if (worker === undefined) throw new Error('There is no scoring worker.');
  // A worker that closes itself cannot answer.
  await worker.evaluate(run).catch(() => undefined);
}

/** A patch: the worker's GPUDevice can be reached as `testDevice`. */
export function exposeDevice(): void {
  const { prototype } = GPUAdapter;
  const request = prototype.requestDevice;
  prototype.requestDevice = async function (this: GPUAdapter, ...parameters) {
    const device = await Reflect.apply(request, this, parameters);
    Reflect.set(globalThis, 'testDevice', device);
    return device;
  };
}

/** In the worker: what `device.destroy()` does to a run. */
export function destroyDevice(): void {
  const device: unknown = Reflect.get(globalThis, 'testDevice');
  if (device instanceof GPUDevice) device.destroy();
}

/** A patch: shaders that are compiled once `breakShaders` is true are no WGSL. */
export function breakShadersOnDemand(): void {
  const { prototype } = GPUDevice;
  const create = prototype.createShaderModule;
  prototype.createShaderModule = function (this: GPUDevice, descriptor) {
    const isBroken = Reflect.get(globalThis, 'breakShaders') === true;
    const code = isBroken ? `${descriptor.code}\n no shader` : descriptor.code;
    return Reflect.apply(create, this, [{ ...descriptor, code }]);
  };
}

/** The process of a browser that talks to the GPU. Only ever asked of a browser of one's own. */
export async function killGpuProcess(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  for (const { id, type } of processInfo) if (type === 'GPU') process.kill(id, 'SIGKILL');
  await session.detach();
}

/** The processes that pages of a browser run in. */
export async function rendererProcesses(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}
