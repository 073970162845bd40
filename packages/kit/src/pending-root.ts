import { createContextKey, type Context, type Span } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.pending-root');

/**
 * The root of a trace that is made only when a span starts below it: most runs of a timer do nothing that is traced.
 */
export interface PendingRoot {
  /** The root, made now if it is not there yet; undefined once it is too late for children. */
  parent(): Span | undefined;
}

/** A context whose spans without a parent get this root: our tracer looks for it. */
export function withPendingRoot(where: Context, root: PendingRoot): Context {
  return where.setValue(KEY, root);
}

/** The pending root in force. */
export function pendingRootOf(where: Context): PendingRoot | undefined {
  return where.getValue(KEY) as PendingRoot | undefined;
}
