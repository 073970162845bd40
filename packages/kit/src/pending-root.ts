import { createContextKey, type Context, type Span } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.pending-root');

/** A root that is created with its first child: most timer runs are not traced. */
export interface PendingRoot {
  /**
   * Relation to process start: a job runs `after` it, a timer `within` it while it lasts, timers that set each other
   * repeatedly `beside` it.
   */
  readonly start: 'within' | 'beside' | 'after';
  /** The run has no end event: its root ends with the last span below it. */
  readonly endsWithSpans?: boolean;
  /** Accepts no more children. */
  readonly isOver?: boolean;
  /** Creates the root if needed; undefined once {@link isOver}. */
  parent(): Span | undefined;
}

/** Our tracer gives parentless spans in this context the root. */
export function withPendingRoot(where: Context, root: PendingRoot): Context {
  return where.setValue(KEY, root);
}

export function pendingRootOf(where: Context): PendingRoot | undefined {
  return where.getValue(KEY) as PendingRoot | undefined;
}
