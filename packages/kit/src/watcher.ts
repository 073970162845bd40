import type { Tracer } from '@opentelemetry/api';

export interface AttachedAdapter {
  readonly library: string;
  readonly upstream: readonly string[];
}

/** Learns which libraries are hooked; set by `foreshock doctor`'s preload before any adapter attaches. */
export interface Watcher {
  /** @param telemetry its `tracer` is read per span */
  attached(adapter: AttachedAdapter, telemetry: { readonly tracer: Tracer }): void;
  /** An adapter waits for a file of its library; others are hooked by a diagnostics channel. */
  waitsForFile(library: string): void;
  /** An adapter's file has loaded; out of range it is left alone. */
  loaded(library: string, name: string, version: string, isInRange: boolean): void;
}

const WATCHER = Symbol.for('foreshock.watcher');

/** Only under `foreshock doctor`. */
export function watcher(): Watcher | undefined {
  return (globalThis as Record<symbol, unknown>)[WATCHER] as Watcher | undefined;
}
