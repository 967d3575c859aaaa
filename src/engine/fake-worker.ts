// biome-ignore lint/style/noRestrictedImports: the other end of the wire is comlink's, too.
import { expose } from 'comlink';
import type { ModelSource } from '../models/model-source.ts';
import { type RerankerWorkerApi, type ServedReranker, serveCall } from './protocol.ts';

/**
 * For tests: a Worker whose other side runs in this thread. The messages, the ports and comlink
 * are real.
 * Its reranker goes on when the worker is terminated, but nobody hears of it any more.
 */
export class FakeWorker extends EventTarget implements Worker {
  onerror = null;
  onmessage = null;
  onmessageerror = null;
  terminated = false;
  /** The worker's end of the port of each call, and a promise of its close. */
  readonly callPorts: { readonly port: MessagePort; readonly closed: Promise<void> }[] = [];
  readonly #outside: MessagePort;
  readonly #inside: MessagePort;
  readonly #locks = globalThis.navigator.locks;

  constructor(open: (source: ModelSource) => ServedReranker) {
    super();
    let reranker: ServedReranker | null = null;
    const { port1, port2 } = new MessageChannel();
    this.#outside = port1;
    this.#inside = port2;
    port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    const watch = (port: MessagePort): MessagePort => {
      const closed = new Promise<void>((resolve) => {
        port.addEventListener('close', () => resolve());
      });
      this.callPorts.push({ port, closed });
      return port;
    };
    // The same as in serve-reranker.ts, which serves the scope that it is loaded in.
    expose(
      {
        holdLock: (name) =>
          new Promise((granted) => {
            this.#locks.request(name, () => {
              granted();
              return new Promise<void>((release) => {
                this.addEventListener('dead', () => release());
              });
            });
          }),
        load: (source, options, port) =>
          serveCall(watch(port), (call) => {
            reranker ??= open(source);
            return reranker.load(options, call);
          }),
        rerank: (asked, tuning, mostTokens, port) =>
          serveCall(watch(port), async (call) => {
            if (reranker === null) throw new Error('nothing was loaded');
            return reranker.rerank(asked, call, tuning, mostTokens);
          }),
        benchmark: (port) =>
          serveCall(watch(port), async (call) => {
            if (reranker?.benchmark === undefined) throw new Error('no benchmark');
            return reranker.benchmark(call);
          }),
      } satisfies RerankerWorkerApi,
      port2,
    );
  }

  postMessage(message: unknown, transfer?: Transferable[] | StructuredSerializeOptions): void {
    if (this.terminated) return;
    this.#outside.postMessage(message, Array.isArray(transfer) ? transfer : []);
  }

  terminate(): void {
    this.terminated = true;
    this.kill();
  }

  /** What a browser does for an error that nobody caught. */
  fail(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }

  /** Dies without an event. */
  kill(): void {
    this.#outside.close();
    this.#inside.close();
    for (const { port } of this.callPorts) port.close();
    this.dispatchEvent(new Event('dead'));
  }
}
