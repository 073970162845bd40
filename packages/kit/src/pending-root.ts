import { createContextKey, type Context, type Span } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.pending-root');

/**
 * The root of a trace that is made only when a span starts below it: most runs of a timer do nothing that is traced.
 */
export interface PendingRoot {
  /**
   * What it is to the start of the process: a job runs `after` it; a timer is a part of the start, `within` it, while
   * that lasts; timers that set each other again and again are `beside` it.
   */
  readonly start: 'within' | 'beside' | 'after';
  /** Nobody is called when the run is over: its root ends with the last span below it. */
  readonly endsWithSpans?: boolean;
  /** It is too late for children. */
  readonly isOver?: boolean;
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
