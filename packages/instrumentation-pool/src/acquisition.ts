import { trace } from '@opentelemetry/api';
import { Caller } from '@foreshock/kit';
import type { Acquisition, PoolState, WaitReason } from './events.ts';
import { Holding, rememberedIn } from './holding.ts';
import type { KnownPool } from './known-pool.ts';
import type { PoolMetrics } from './metrics.ts';
import { Wait, type WaitBoundary } from './wait.ts';

/**
 * An idle connection was to be handed over at once, but it is one nobody has had yet, and comes later than this: the
 * idle one was dead. Time alone proves nothing: a busy event loop delays what is handed over at once, too.
 */
const AT_ONCE_MS = 10;

/** What a {@link PoolAcquisition} needs of its boundary. */
export interface AcquisitionBoundary extends WaitBoundary {
  readonly metrics: PoolMetrics | undefined;
  /** A connection went out. */
  lent(): void;
}

/** One caller at one pool, from asking to having. Kept small: most callers do not wait. */
export class PoolAcquisition extends Caller implements Acquisition, PoolState {
  readonly pool: KnownPool;
  readonly start = performance.now();
  /** The pool's state when it was asked. */
  readonly used: number;
  readonly idle: number;
  readonly pending: number;
  protected readonly boundary: AcquisitionBoundary;
  protected readonly poolObject: object;
  /** Only when the caller cannot be served at once, or was not. */
  protected wait: Wait | undefined;
  protected settled = false;

  constructor(boundary: AcquisitionBoundary, poolObject: object, pool: KnownPool, asked: PoolState) {
    super();
    this.boundary = boundary;
    this.poolObject = poolObject;
    this.pool = pool;
    // Those in line are served from what is idle before this caller is: several asked in one tick.
    const spoken = Math.min(asked.idle, asked.pending);
    this.used = asked.used + spoken;
    this.idle = asked.idle - spoken;
    this.pending = asked.pending - spoken;
  }

  /** The caller is not served at once. */
  beginWait(hindrance?: WaitReason): void {
    this.wait = new Wait(this.boundary, this, this.poolObject, hindrance);
    this.pool.line.add(this);
  }

  connecting(): void {
    if (this.settled) return;
    this.pool.line.delete(this);
    this.wait?.connecting();
  }

  granted(granted: unknown): void {
    if (this.settled) return;
    const now = performance.now();
    this.settle(now);
    const { pool } = this;
    // A pool of anything may hand out numbers, that nobody can be seen to hold.
    const isObject = typeof granted === 'object' && granted !== null;
    const holding = isObject ? rememberedIn(pool, granted) : new Holding(pool);
    // Nobody has had it yet, and it comes late: the idle one was dead, and this one was opened in its place.
    if (!this.wait && !holding.returned && now - this.start >= AT_ONCE_MS) this.#beginLate(true);
    // Before the connection has a new holder: the wait may have been for the one before.
    this.wait?.granted(now, holding);
    if (isObject) {
      holding.begin(pool, now, trace.getSpan(this.context), this);
      this.boundary.lent();
    }
    this.wait?.describe(holding);
    // Last: instruments that throw must not cost anything else.
    const { metrics } = this.boundary;
    metrics?.waited(pool.name, (now - this.start) / 1000);
    const connectMs = this.wait?.connectMs(now);
    if (connectMs !== undefined) metrics?.created(pool.name, connectMs / 1000);
  }

  failed(error: unknown, timedOut = false): void {
    if (this.settled) return;
    const now = performance.now();
    this.settle(now);
    if (!this.wait) this.#beginLate(false);
    this.wait?.failed(now, error, timedOut);
    if (timedOut) this.boundary.metrics?.timedOut(this.pool.name);
  }

  /** An idle connection was to be handed over at once, and was not: the span begins when it was asked for. */
  #beginLate(opened: boolean): void {
    this.wait = new Wait(this.boundary, this, this.poolObject, undefined, opened);
    this.wait.leaveLine(performance.now());
  }

  protected settle(now: number): void {
    this.settled = true;
    if (!this.wait) return;
    this.pool.line.delete(this);
    this.wait.leaveLine(now);
  }
}
