import { performance } from 'node:perf_hooks';
import { context, ROOT_CONTEXT, type Context, type Tracer } from '@opentelemetry/api';
import { LazyRoot, mayBeginRoot } from './lazy-root.ts';
import { pendingRootOf, withPendingRoot, type PendingRoot } from './pending-root.ts';

// Kept from the start: fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** A handler that waits more often than this is a loop. */
const WAITS_OF_HANDLER = 3;

/**
 * The first round of a loop, which has no root. An `async` function that has not awaited anything yet shares its context
 * with whoever called it and goes on at once: only when it waits again is the context its own.
 */
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
 * The caller is about to wait for what begins the next round of its loop: a timer, a message.
 *
 * @param inMs how long it waits at least
 * @param make the root of the next round
 * @returns where it waits and goes on, to be attached; undefined where that is a part of what is under way
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
