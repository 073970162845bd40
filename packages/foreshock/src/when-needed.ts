import { keepIntervals } from './early-intervals.ts';
import { loadedPackages, waitFor, type WaitedFor } from './wait-for.ts';

/** The preload's own; by build.mjs. */
declare const WAITED_FOR: WaitedFor;

/** Of `@opentelemetry/api` 1.x (src/internal/global-utils.ts). */
const API = Symbol.for('opentelemetry.js.api.1');

/**
 * Calls `load` once a supported library loads, a channel has a message, or OpenTelemetry's API is used.
 *
 * @param load must not throw
 */
export function whenNeeded(load: () => void): void {
  // Metrics cover spanless threads, too.
  if (!isNone(process.env['OTEL_METRICS_EXPORTER']) || API in globalThis) return load();
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

/** As in `OTEL_METRICS_EXPORTER=none`. */
function isNone(exporters: string | undefined): boolean {
  return exporters === undefined || ['', 'none'].includes(exporters.trim().toLowerCase());
}
