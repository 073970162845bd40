import { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';
import { Chain, guard } from '@foreshock/kit';
import type { RecordedSpan } from './tracer/span.ts';

/** Marks a span that had not ended when the process did. */
const INTERRUPTED = 'foreshock.interrupted';
/** Signals that end a process unless somebody listens. */
const DEADLY: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Open spans remembered, the newest; a service that leaks spans must not leak memory through us. */
const MAX_OPEN = 10_000;

/** Knows the spans under way, as a span processor, so that the end of the process can end them. */
export class OpenSpans {
  readonly #open = new Chain<RecordedSpan>();

  onStart(span: RecordedSpan): void {
    this.#open.add(span);
    if (this.#open.size > MAX_OPEN) this.#open.remove(this.#open.oldest!);
  }

  onEnd(span: RecordedSpan): void {
    this.#open.remove(span);
  }

  /** Ends what is open, marked: a request that was cut off is worth more than one that answered. */
  endAll(): void {
    for (let span = this.#open.newest; span; span = this.#open.newest) {
      this.#open.remove(span);
      span.setAttribute(INTERRUPTED, true);
      span.end();
    }
  }
}

/**
 * Delivers what is left when the process ends, and changes nothing else about its end: exit code, signal,
 * standard error and the application's own handlers are what they were.
 *
 * @param lastWords blocks the main thread, for a bounded time, while the sender thread works
 */
export function keepLastWords(lastWords: () => void): void {
  // Fires at a normal end, at `process.exit()` anywhere, and after an uncaught error or rejection.
  process.on('exit', () => guard('last words at exit', lastWords));
  // Signals reach the main thread only.
  if (isMainThread) listenUnseen(lastWords);
}

/**
 * Node kills the process at a signal only while nobody listens, so listening changes what the application and
 * its libraries see: signal-exit 3 and 4, for one, raise the signal again only when all listeners are theirs.
 * Ours therefore does not show in `process.listeners()`, `listenerCount()` or `rawListeners()`.
 */
function listenUnseen(lastWords: () => void): void {
  const { listenerCount, listeners, rawListeners } = EventEmitter.prototype;
  const ours = new Map<string | symbol, () => void>();
  let raising = false;

  for (const signal of DEADLY) {
    ours.set(signal, () => {
      // Somebody else decides whether the process ends; if it does, 'exit' follows.
      if (listenerCount.call(process, signal) > 1) return;
      guard(`last words at ${signal}`, lastWords);
      raise(signal);
    });
  }

  function raise(signal: NodeJS.Signals): void {
    const listener = ours.get(signal)!;
    raising = true;
    process.off(signal, listener);
    process.kill(process.pid, signal);
    raising = false;
    // Still here: process 1 of a container, whose default is to ignore it. As without us, it runs on.
    setImmediate(() => process.on(signal, listener)).unref();
  }

  const see = <F extends (...args: any[]) => any>(
    method: F,
    unseen: (own: ReturnType<F>, event: string | symbol) => ReturnType<F>,
  ) =>
    function (this: NodeJS.Process, event: string | symbol, ...rest: unknown[]): ReturnType<F> {
      const own = method.call(this, event, ...rest);
      return ours.has(event) ? unseen(own, event) : own;
    };
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(process, name, { configurable: true, enumerable: false, writable: true, value });
  };
  const withoutOurs = (all: Function[], event: string | symbol): Function[] =>
    all.filter((each) => each !== ours.get(event));

  for (const [signal, listener] of ours) process.on(signal, listener);
  // Node closes the signal's handle when, by `listenerCount`, the last listener has gone (lib/internal/process/signal.js).
  process.on('removeListener', (event: string | symbol) => {
    const listener = ours.get(event);
    if (!listener || raising || process.listenerCount(event) > 0) return;
    raising = true;
    process.off(event, listener);
    process.on(event, listener);
    raising = false;
  });
  define('listeners', see(listeners, withoutOurs));
  define('rawListeners', see(rawListeners, withoutOurs));
  define(
    'listenerCount',
    see(listenerCount, function (count, event) {
      return listeners.call(process, event).includes(ours.get(event)!) ? count - 1 : count;
    }),
  );
}
