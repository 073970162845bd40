import { performance } from 'node:perf_hooks';
import { context, ROOT_CONTEXT, type Context, type Tracer } from '@opentelemetry/api';
import { LazyRoot, mayBeginRoot } from './lazy-root.ts';
import { pendingRootOf, withPendingRoot, type PendingRoot } from './pending-root.ts';

// Fake timers may replace it later.
const now: () => number = performance.now.bind(performance);

/** More waits mean a loop. */
const WAITS_OF_HANDLER = 3;

/** A loop's first round, rootless: before its first `await` an `async` function shares the caller's context. */
class FirstRound implements PendingRoot {
  readonly start = 'within';
  readonly endsWithSpans = true;
  readonly context: Context = withPendingRoot(ROOT_CONTEXT, this);
  readonly #beginsAt: number;
  #isCallerDone = false;

  constructor(inMs: number) {
    this.#beginsAt = now() + inMs;
    queueMicrotask(() => (this.#isCallerDone = true));
  }

  get hasBegun(): boolean {
    return this.#isCallerDone && now() >= this.#beginsAt;
  }

  parent(): undefined {}
}

/**
 * Before a loop's wait for a timer or message.
 *
 * @param inMs shortest wait
 * @param make the next root
 * @returns the context to attach, if any
 */
export function nextRound(tracer: Tracer, inMs: number, make: (before: PendingRoot) => LazyRoot): Context | undefined {
  const where = context.active();
  if (!mayBeginRoot(where, tracer)) return undefined;
  const before = pendingRootOf(where);
  if (before instanceof LazyRoot) {
    if (before.isRound) before.ended();
    else if (++before.waits <= WAITS_OF_HANDLER) return undefined;
    return make(before).context;
  }
  return (before instanceof FirstRound && before.hasBegun ? make(before) : new FirstRound(inMs)).context;
}
