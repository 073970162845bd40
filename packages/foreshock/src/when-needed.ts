import { keepIntervals } from './early-intervals.ts';
import { loadedPackages, waitFor, type WaitedFor } from './wait-for.ts';

/** What the preload waits for itself, once it has loaded; build.mjs asks it. */
declare const WAITED_FOR: WaitedFor;

/** Where `@opentelemetry/api` 1.x looks for what is registered (its src/internal/global-utils.ts). */
const API = Symbol.for('opentelemetry.js.api.1');

/**
 * Calls `load`, once, as soon as the preload has something to do in this thread: a library loads that it instruments,
 * a diagnostics channel it listens to has a message, or somebody uses OpenTelemetry's API. A worker thread that does
 * none of that has no use for what the preload takes.
 *
 * @param load loads the preload; must not throw
 */
export function whenNeeded(load: () => void): void {
  // Metrics are exported of threads that make no span, too.
  if (process.env['OTEL_METRICS_EXPORTER'] || API in globalThis) return load();
  const intervals = keepIntervals();
  let stop: (() => void) | undefined;
  let isNeeded = false;

  function needed(): void {
    if (isNeeded) return;
    isNeeded = true;
    stop?.();
    delete (globalThis as Record<symbol, unknown>)[API];
    load();
    intervals.passOn();
  }

  Object.defineProperty(globalThis, API, {
    configurable: true,
    enumerable: false,
    get(): unknown {
      needed();
      return (globalThis as Record<symbol, unknown>)[API];
    },
    set(registered: unknown) {
      needed();
      (globalThis as Record<symbol, unknown>)[API] = registered;
    },
  });
  stop = waitFor(WAITED_FOR, loadedPackages(), needed);
}
