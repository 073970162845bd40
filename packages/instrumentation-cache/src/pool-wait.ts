import { context, SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { isSuppressed, roundMs, runIn } from '@foreshock/kit';
import {
  POOL_GRANTED_IDLE,
  POOL_GRANTED_PENDING,
  POOL_GRANTED_USED,
  POOL_HOLDER_HELD_MS,
  POOL_HOLDER_OPERATION,
  POOL_HOLDER_TRACE_ID,
  POOL_WAIT_MS,
  POOL_WAIT_REASON,
} from '@foreshock/kit/names';
import type { CacheMetrics } from './cache-metrics.ts';
import type { Acquisition, CacheServer, ClientPool, PoolState } from './events.ts';
import { stateOf, type Lease } from './lease.ts';
import type { Servers } from './servers.ts';

/** A connection that is out. */
interface Hold {
  since: number;
  span: Span | undefined;
}

/** What a {@link PoolWait} needs of its boundary. */
export interface PoolWatch {
  readonly tracer: Tracer;
  readonly metrics: CacheMetrics | undefined;
  readonly servers: Servers;
  /** Connections of this pool that are out, the oldest first. */
  holds(pool: ClientPool): Set<Hold>;
  leased(connection: CacheServer, lease: Lease): void;
}

/** One caller at one pool of clients, from asking to giving back. */
export class PoolWait implements Acquisition {
  readonly #watch: PoolWatch;
  readonly #pool: ClientPool;
  readonly #name: string;
  readonly #where: Context = context.active();
  readonly #asked: PoolState;
  readonly #start = performance.now();
  /** Only when the caller cannot be served at once. */
  readonly #span: Span | undefined;
  readonly #reason: 'queue' | 'connect';
  #hold: Hold | undefined;
  #settled = false;

  constructor(watch: PoolWatch, pool: ClientPool) {
    this.#watch = watch;
    this.#pool = pool;
    this.#asked = pool.state();
    const { used, idle, limit } = this.#asked;
    const { name } = watch.servers.of(pool.server);
    this.#name = name;
    // With room left the pool opens one more connection for this caller.
    this.#reason = limit !== undefined && used + idle < limit ? 'connect' : 'queue';
    if (idle > 0 || isSuppressed(this.#where)) return;
    this.#span = watch.tracer.startSpan(
      `pool.acquire ${name}`,
      {
        kind: SpanKind.INTERNAL,
        attributes: { 'db.system.name': pool.server.system, ...stateOf(name, this.#asked) },
      },
      this.#where,
    );
    if (this.#reason === 'queue') this.#blame(this.#span);
  }

  /** Who is in the way: the connection that has been out longest. */
  #blame(span: Span): void {
    const [oldest] = this.#watch.holds(this.#pool);
    if (!oldest) return;
    span.setAttribute(POOL_HOLDER_HELD_MS, roundMs(this.#start - oldest.since));
    if (!oldest.span) return;
    const holder = oldest.span.spanContext();
    span.setAttribute(POOL_HOLDER_TRACE_ID, holder.traceId);
    const { name } = oldest.span as { name?: unknown };
    if (typeof name === 'string') span.setAttribute(POOL_HOLDER_OPERATION, name);
    if (holder.spanId !== trace.getSpanContext(this.#where)?.spanId) span.addLink({ context: holder });
  }

  granted(connection: CacheServer): void {
    if (this.#settled) return;
    this.#settled = true;
    const now = performance.now();
    let waitMs: number | undefined;
    if (this.#span) {
      waitMs = roundMs(now - this.#start);
      this.#endSpan(this.#span, waitMs);
    }
    this.#watch.metrics?.waited(this.#name, (now - this.#start) / 1_000);
    this.#hold = { since: now, span: trace.getSpan(this.#where) };
    this.#watch.holds(this.#pool).add(this.#hold);
    const reason = this.#span && this.#reason;
    this.#watch.leased(connection, { poolName: this.#name, asked: this.#asked, waitMs, reason });
  }

  released(): void {
    if (this.#hold) this.#watch.holds(this.#pool).delete(this.#hold);
  }

  failed(): void {
    if (this.#settled) return;
    this.#settled = true;
    // A pool that could open one more failed to; a full one ran out of patience.
    const timedOut = this.#reason === 'queue';
    if (timedOut) this.#watch.metrics?.timedOut(this.#name);
    if (!this.#span) return;
    this.#span.setAttribute('error.type', timedOut ? 'timeout' : '_OTHER');
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#endSpan(this.#span, roundMs(performance.now() - this.#start));
  }

  resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    return runIn(this.#where, fn, self, args);
  }

  #endSpan(span: Span, waitMs: number): void {
    const { used, idle, pending } = this.#pool.state();
    span.setAttributes({
      [POOL_WAIT_MS]: waitMs,
      [POOL_WAIT_REASON]: this.#reason,
      [POOL_GRANTED_USED]: used,
      [POOL_GRANTED_IDLE]: idle,
      [POOL_GRANTED_PENDING]: pending,
    });
    span.end();
  }
}
