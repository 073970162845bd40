import { trace } from '@opentelemetry/api';
import { Caller, openingOf, recogniseConnection } from '@foreshock/kit';
import type { Acquisition, PoolState, WaitReason } from './events.ts';
import { Holding, rememberedIn } from './holding.ts';
import type { KnownPool } from './known-pool.ts';
import type { PoolMetrics } from './metrics.ts';
import { Wait, type WaitBoundary, type WaitingCaller } from './wait.ts';

/** A new connection later than this, despite an expected idle one: that was dead. */
const AT_ONCE_MS = 10;

export interface AcquisitionBoundary extends WaitBoundary {
  readonly metrics: PoolMetrics | undefined;
  lent(): void;
}

/** Small: mostly without a wait. */
export class PoolAcquisition extends Caller implements Acquisition, WaitingCaller {
  readonly pool: KnownPool;
  readonly start = performance.now();
  /** At the request. */
  readonly used: number;
  readonly idle: number;
  readonly pending: number;
  protected readonly boundary: AcquisitionBoundary;
  protected readonly poolObject: object;
  /** Only if the caller waits. */
  protected wait: Wait | undefined;
  protected settled = false;

  constructor(boundary: AcquisitionBoundary, poolObject: object, pool: KnownPool, asked: PoolState) {
    super();
    this.boundary = boundary;
    this.poolObject = poolObject;
    this.pool = pool;
    // Waiting callers get idle connections first, when several ask in one tick.
    const spoken = Math.min(asked.idle, asked.pending);
    this.used = asked.used + spoken;
    this.idle = asked.idle - spoken;
    this.pending = asked.pending - spoken;
  }

  beginWait(hindrance?: WaitReason): void {
    this.wait = new Wait(this.boundary, this, this.poolObject, hindrance);
    this.pool.waiting.add(this);
  }

  connecting(): void {
    if (this.settled) return;
    this.pool.waiting.delete(this);
    this.wait?.connecting();
  }

  granted(granted: unknown): void {
    if (this.settled) return;
    const now = performance.now();
    this.settle(now, true);
    const { pool } = this;
    // Numbers have no trackable holder.
    const isObject = typeof granted === 'object' && granted !== null;
    const holding = isObject ? rememberedIn(pool, granted) : new Holding(pool);
    // The idle one was dead.
    if (!this.wait && !holding.returned && now - this.start >= AT_ONCE_MS) this.#beginLate(true);
    // Before its holder changes: the wait may be for the previous one.
    if (isObject && this.wait?.connectMs(now) !== undefined) {
      this.wait.opened(openingOf(granted) ?? openingOf(recogniseConnection(granted)?.connection ?? granted));
    }
    this.wait?.granted(now, holding);
    if (isObject) {
      holding.begin(pool, now, trace.getSpan(this.context), this);
      this.boundary.lent();
    }
    this.wait?.describe(holding);
    // Last: instruments may throw.
    const { metrics } = this.boundary;
    metrics?.waited(pool.name, (now - this.start) / 1000, this.context);
    const connectMs = this.wait?.connectMs(now);
    if (connectMs !== undefined) metrics?.created(pool.name, connectMs / 1000, this.context);
  }

  failed(error: unknown, timedOut = false, type?: string): void {
    if (this.settled) return;
    const now = performance.now();
    this.settle(now);
    if (!this.wait) this.#beginLate(false);
    this.wait?.failed(now, error, timedOut ? 'timeout' : type);
    if (timedOut) this.boundary.metrics?.timedOut(this.pool.name);
  }

  /** Expected idle: no span yet. */
  #beginLate(opened: boolean): void {
    this.wait = new Wait(this.boundary, this, this.poolObject, undefined, opened);
    this.wait.over(performance.now());
  }

  protected settle(now: number, isGranted = false): void {
    this.settled = true;
    const { pool } = this;
    const waited = this.wait !== undefined && pool.waiting.delete(this);
    if (isGranted) pool.peaks?.granted(pool.source, this.poolObject, waited);
    this.wait?.over(now);
  }
}
