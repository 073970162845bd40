import type { SpanKind } from '@opentelemetry/api';
import type { Pipeline } from '@foreshock/export';
import { watcher, type Watcher } from '@foreshock/kit';
import type { SpanListener } from './tracer/tracer.ts';

/** Set by `foreshock doctor`'s preload before ours starts. */
export interface PreloadWatcher extends Watcher {
  readonly spans: SpanListener;
  /** By sampler or caller. */
  unrecorded(kind: SpanKind): void;
  /** Also without pipeline, under OTEL_SDK_DISABLED. */
  started(pipeline: Pipeline | undefined): void;
}

/** Only under `foreshock doctor`. */
export function preloadWatcher(): PreloadWatcher | undefined {
  return watcher() as PreloadWatcher | undefined;
}
