import { performance } from 'node:perf_hooks';
import { context, ROOT_CONTEXT, type Context, type Tracer } from '@opentelemetry/api';
import { LazyRoot, mayBeginRoot } from './lazy-root.ts';
import { ownFrames } from './own-frames.ts';
import { pendingRootOf, withPendingRoot, type PendingRoot } from './pending-root.ts';

// Fake timers may replace it later.
const now: () => number = performance.now.bind(performance);

/** More waits mean a loop. */
const WAITS_OF_HANDLER = 3;
/** A loop may wait for several in turn. */
const MAX_SOURCES = 4;

/** A loop's first round, rootless: before its first `await` an `async` function shares the caller's context. */
class FirstRound implements PendingRoot {
  readonly start = 'within';
  readonly endsWithSpans = true;
  readonly context: Context = withPendingRoot(ROOT_CONTEXT, this);
  /** Of this wait and those before it. */
  readonly sources: readonly (object | undefined)[];
  /** Of the wait before it, if a caller may share its context. */
  readonly frames: readonly string[] | undefined;
  readonly #beginsAt: number;
  #isCallerDone = false;

  constructor(inMs: number, sources: readonly (object | undefined)[], frames?: readonly string[]) {
    this.sources = sources.slice(0, MAX_SOURCES);
    this.frames = frames;
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
 * @param source what is waited for, as an emitter's key: other waits are a part of the round, or no loop
 * @returns the context to attach, if any
 */
export function nextRound(
  tracer: Tracer,
  inMs: number,
  make: (before: PendingRoot) => LazyRoot,
  source?: object,
): Context | undefined {
  const where = context.active();
  if (!mayBeginRoot(where, tracer)) return undefined;
  const before = pendingRootOf(where);
  if (before instanceof LazyRoot) {
    if (source && before.source !== source) return undefined;
    if (before.isRound) {
      if (!before.isTurnOver) return undefined;
      before.ended();
    } else if (++before.waits <= WAITS_OF_HANDLER) {
      return undefined;
    }
    return make(before).context;
  }
  if (!(before instanceof FirstRound)) return new FirstRound(inMs, [source]).context;
  if (!before.sources.includes(source)) return new FirstRound(inMs, [source, ...before.sources]).context;
  if (!before.hasBegun) return new FirstRound(inMs, before.sources).context;
  const frames = ownFrames();
  return (isResumed(frames, before.frames) ? make(before) : new FirstRound(inMs, before.sources, frames)).context;
}

/**
 * Whether a loop's function goes on by itself. One that was called just now, after a wait of its caller, shares its
 * context with it.
 *
 * @param before at the wait before, which may have had callers
 */
function isResumed(frames: readonly string[], before: readonly string[] | undefined): boolean {
  return frames.length <= 1 || (before !== undefined && frames.every((frame, index) => frame === before[index]));
}
