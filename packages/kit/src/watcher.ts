import type { Tracer } from '@opentelemetry/api';
import type { Adapter } from './adapter.ts';

/** Learns which libraries are hooked. The preload of `foreshock doctor` sets it before any adapter attaches. */
export interface Watcher {
  /** @param telemetry the adapter reads its `tracer` for each span */
  attached(adapter: Adapter<any>, telemetry: { readonly tracer: Tracer }): void;
  /** A file that an adapter waits for has loaded; one out of range is left alone. */
  loaded(library: string, name: string, version: string, isInRange: boolean): void;
}

const WATCHER = Symbol.for('foreshock.watcher');

/** Undefined but under `foreshock doctor`. */
export function watcher(): Watcher | undefined {
  return (globalThis as Record<symbol, unknown>)[WATCHER] as Watcher | undefined;
}
