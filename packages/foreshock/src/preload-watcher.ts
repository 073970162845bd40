import type { SpanKind } from '@opentelemetry/api';
import type { Pipeline } from '@foreshock/export';
import { watcher, type Watcher } from '@foreshock/kit';
import type { SpanListener } from './tracer/tracer.ts';

/** The preload of `foreshock doctor` sets one before ours starts. */
export interface PreloadWatcher extends Watcher {
  readonly spans: SpanListener;
  /** A span that the sampler or the caller refused. */
  unrecorded(kind: SpanKind): void;
  /** Also where OTEL_SDK_DISABLED leaves no pipeline. */
  started(pipeline: Pipeline | undefined): void;
}

/** Undefined but under `foreshock doctor`. */
export function preloadWatcher(): PreloadWatcher | undefined {
  return watcher() as PreloadWatcher | undefined;
}
