import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import type { Methods, Reply } from './serve.ts';

type Result<M extends Methods, K extends keyof M> = Promise<Awaited<ReturnType<M[K]>>>;

export class Calls<M extends Methods> {
  readonly #port: MessagePort | Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;
  #failure: Error | undefined;

  constructor(port: MessagePort | Worker) {
    this.#port = port;
    port.on('message', ({ id, result, error }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
  }

  call<K extends keyof M & string>(method: K, args: Parameters<M[K]>, transfer: Transferable[] = []): Result<M, K> {
    if (this.#failure) return Promise.reject(this.#failure);
    const waiting = Promise.withResolvers<unknown>();
    const id = this.#next++;
    this.#waiting.set(id, waiting);
    this.#port.postMessage({ id, method, args }, transfer);
    return waiting.promise as Result<M, K>;
  }

  /** Pending and future calls. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
