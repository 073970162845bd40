import { createContextKey, type Context, type Span } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.pending-root');

/** Created with its first child: most timer runs are not traced. */
export interface PendingRoot {
  /** A job runs `after` process start, a timer `within` it, repeatedly chained timers `beside` it. */
  readonly start: 'within' | 'beside' | 'after';
  /** Ends with the last span below. */
  readonly endsWithSpans?: boolean;
  readonly isOver?: boolean;
  /** Created if needed; undefined once {@link isOver}. */
  parent(): Span | undefined;
}

/** Our tracer makes the root parent of parentless spans here. */
export function withPendingRoot(where: Context, root: PendingRoot): Context {
  return where.setValue(KEY, root);
}

export function pendingRootOf(where: Context): PendingRoot | undefined {
  return where.getValue(KEY) as PendingRoot | undefined;
}
