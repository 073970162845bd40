import type { MessagePort } from 'node:worker_threads';
import type { Answers, Question, ToAdminThread, ToMainThread } from './messages.ts';

const ASK_EVERY_MS = 1_000;
/** Later, this thread was stopped with the process, not the event loop. */
const STOPPED_MS = 2 * ASK_EVERY_MS;
/** Unanswered questions: more than dependencies, pools and scrapers. */
const MAX_WAITING = 512;

/** This thread's side: the main thread's event loop answers. */
export class MainLoop {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #last = 0;
  /** Of the oldest unanswered question; Infinity: none. */
  #since = Infinity;
  #lookedAt = performance.now();

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', ({ id, answer }: ToAdminThread) => {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
    setInterval(() => this.#look(), ASK_EVERY_MS).unref();
    this.#look();
  }

  /** For how long it has not turned, if known, ms. */
  get busyMs(): number {
    return Math.max(0, performance.now() - this.#since);
  }

  /**
   * @param gone who asked waits no longer
   * @returns undefined if none within `ms`, or too many wait
   */
  ask<T extends Question['type']>(
    question: Question & { type: T },
    ms: number,
    gone?: AbortSignal,
  ): Promise<Answers[T] | undefined> {
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const id = this.#post(question, (answer) => {
        clearTimeout(timer);
        gone?.removeEventListener('abort', giveUp);
        resolve(answer as Answers[T] | undefined);
      });
      const giveUp = (): void => {
        clearTimeout(timer);
        if (this.#waiting.delete(id)) this.#port.postMessage({ type: 'cancel', id } satisfies ToMainThread);
        resolve(undefined);
      };
      const timer = setTimeout(giveUp, ms);
      gone?.addEventListener('abort', giveUp, { once: true });
    });
  }

  #look(): void {
    const now = performance.now();
    const wasStopped = now - this.#lookedAt > STOPPED_MS;
    this.#lookedAt = now;
    if (this.#since < Infinity) {
      if (wasStopped) this.#since = now;
      return;
    }
    this.#since = now;
    this.#post({ type: 'turn' }, () => (this.#since = Infinity));
  }

  #post(question: Question, answered: (answer: unknown) => void): number {
    const id = ++this.#last;
    this.#waiting.set(id, answered);
    this.#port.postMessage({ type: 'ask', id, question } satisfies ToMainThread);
    return id;
  }
}
