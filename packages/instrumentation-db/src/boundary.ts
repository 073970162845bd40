import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Histogram,
  type Meter,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { errorMessageOf, errorTypeOf, isSuppressed, runIn, type Telemetry } from '@foreshock/kit';
import {
  POOL_GRANTED_IDLE,
  POOL_GRANTED_PENDING,
  POOL_GRANTED_USED,
  POOL_HOLDER_HELD_MS,
  POOL_HOLDER_OPERATION,
  POOL_HOLDER_TRACE_ID,
  POOL_IDLE,
  POOL_LIMIT,
  POOL_NAME,
  POOL_PENDING,
  POOL_USED,
  POOL_WAIT_MS,
  POOL_WAIT_REASON,
} from '@foreshock/kit/names';
import type {
  Acquisition,
  DbEvents,
  PoolDescription,
  PoolSource,
  PoolState,
  Query,
  QueryDescription,
} from './events.ts';
import { LivePools } from './live-pools.ts';
import { poolMetrics, type PoolMetrics } from './pool-metrics.ts';
import { sanitizeSql } from './sql.ts';

/** A connection that is out: who has it, since when, and what for. */
interface Hold {
  since: number;
  spanContext: SpanContext | undefined;
  operation: string | undefined;
}

/** What the boundary knows of one pool. */
export interface PoolBook {
  source: PoolSource;
  description: PoolDescription;
  /** `db.client.connection.pool.name`: the user's own name, else `host:port/database` as the conventions say. */
  name: string;
  /** The short form for span names. */
  label: string;
  /** Connections that are out; a Map keeps their order, so the first is the oldest. */
  holds: Map<object, Hold>;
  /** How each connection was last held, for the caller it goes to next. */
  lastHolds: WeakMap<object, Hold & { heldMs: number }>;
}

/** What a pooled connection remembers of how it was acquired, for the queries sent on it. */
interface Lease {
  book: PoolBook;
  asked: PoolState | undefined;
  waitMs: number | undefined;
  reason: string | undefined;
}

function nameOf(description: PoolDescription): string {
  if (description.name) return description.name;
  const host = description.host ?? 'localhost';
  const port = description.port === undefined ? '' : `:${description.port}`;
  return description.database ? `${host}${port}/${description.database}` : `${host}${port}`;
}

/** Turns what database adapters report into spans and metrics. */
export function openDb(telemetry: Telemetry): DbEvents {
  const pools = new LivePools();
  const leases = new WeakMap<object, Lease>();
  let measured: PoolMetrics | undefined;
  let queryDuration: Histogram | undefined;

  telemetry.useMeter((meter: Meter) => {
    queryDuration = meter.createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    });
    const started = poolMetrics(meter, pools);
    measured = started;
    return () => {
      started.stop();
      measured = queryDuration = undefined;
    };
  });

  function bookOf(source: PoolSource, pool: object): PoolBook {
    let book = pools.get(pool);
    if (!book) {
      const description = source.describe(pool);
      const label = description.name ?? description.database ?? description.host ?? description.system;
      book = { source, description, name: nameOf(description), label, holds: new Map(), lastHolds: new WeakMap() };
      pools.add(pool, book);
    }
    return book;
  }

  function acquire(source: PoolSource, pool: object, asked: PoolState, idle: boolean): Acquisition | undefined {
    if (telemetry.standsAside) return undefined;
    return new PoolWait(pool, bookOf(source, pool), asked, idle);
  }

  /** One caller at one pool, from asking to having. */
  class PoolWait implements Acquisition {
    readonly #pool: object;
    readonly #book: PoolBook;
    readonly #asked: PoolState;
    readonly #context: Context = context.active();
    readonly #start = performance.now();
    /** Only when the caller cannot be served at once. */
    readonly #span: Span | undefined;
    #holderKnown = false;
    #connectStart: number | undefined;
    #settled = false;

    constructor(pool: object, book: PoolBook, asked: PoolState, idle: boolean) {
      this.#pool = pool;
      this.#book = book;
      this.#asked = asked;
      if (!idle && !isSuppressed(this.#context)) this.#span = this.#startSpan();
    }

    #startSpan(): Span {
      const { description, label, name, holds } = this.#book;
      const attributes: Attributes = {
        'db.system.name': description.system,
        [POOL_NAME]: name,
        [POOL_USED]: this.#asked.used,
        [POOL_IDLE]: this.#asked.idle,
        [POOL_PENDING]: this.#asked.pending,
      };
      if (description.limit !== undefined) attributes[POOL_LIMIT] = description.limit;
      const span = telemetry.tracer.startSpan(
        `pool.acquire ${label}`,
        { kind: SpanKind.INTERNAL, attributes },
        this.#context,
      );
      // With room left the pool opens one more connection: nobody is in the way.
      const full = description.limit === undefined || this.#asked.used >= description.limit;
      const holder = full ? holds.values().next().value : undefined;
      if (holder) this.#blame(span, holder, this.#start - holder.since);
      return span;
    }

    #blame(span: Span, holder: Hold, heldMs: number): void {
      this.#holderKnown = true;
      span.setAttribute(POOL_HOLDER_HELD_MS, round(heldMs));
      if (holder.operation !== undefined) span.setAttribute(POOL_HOLDER_OPERATION, holder.operation);
      if (!holder.spanContext) return;
      span.setAttribute(POOL_HOLDER_TRACE_ID, holder.spanContext.traceId);
      span.addLink({ context: holder.spanContext });
    }

    connecting(): void {
      if (this.#connectStart !== undefined) return;
      this.#connectStart = performance.now();
      // Asked for at once, the whole wait is the connecting; after a time in line the event parts the two.
      if (this.#connectStart - this.#start > 1) this.#span?.addEvent('connecting');
    }

    granted(connection: object): void {
      if (this.#settled) return;
      this.#settled = true;
      const now = performance.now();
      const waitMs = now - this.#start;
      const lease: Lease = { book: this.#book, asked: this.#asked, waitMs: undefined, reason: undefined };
      leases.set(connection, lease);
      if (this.#span) {
        lease.waitMs = round(waitMs);
        lease.reason = this.#reason(now);
        // Nobody had a connection yet when this caller asked (all were being opened): then it waited for the one it got.
        const last = this.#holderKnown ? undefined : this.#book.lastHolds.get(connection);
        if (last) this.#blame(this.#span, last, last.heldMs);
        const state = this.#book.source.state(this.#pool);
        this.#span.setAttributes({
          [POOL_WAIT_MS]: lease.waitMs,
          [POOL_WAIT_REASON]: lease.reason,
          [POOL_GRANTED_USED]: state.used,
          [POOL_GRANTED_IDLE]: state.idle,
          [POOL_GRANTED_PENDING]: state.pending,
        });
        this.#span.end();
      }
      measured?.waited(this.#book.name, waitMs / 1000);
      if (this.#connectStart !== undefined) measured?.created(this.#book.name, (now - this.#connectStart) / 1000);
      const holder = trace.getSpan(this.#context) as (Span & { name?: unknown }) | undefined;
      this.#book.holds.set(connection, {
        since: now,
        spanContext: holder?.spanContext(),
        // The SDK's spans say their name; the first query replaces it with something closer.
        operation: typeof holder?.name === 'string' ? holder.name : undefined,
      });
    }

    failed(error: unknown, timedOut = false): void {
      if (this.#settled) return;
      this.#settled = true;
      if (timedOut) measured?.timedOut(this.#book.name);
      const span = this.#span;
      if (!span) return;
      const now = performance.now();
      const state = this.#book.source.state(this.#pool);
      span.setAttributes({
        [POOL_WAIT_MS]: round(now - this.#start),
        [POOL_WAIT_REASON]: this.#reason(now),
        [POOL_GRANTED_USED]: state.used,
        [POOL_GRANTED_IDLE]: state.idle,
        [POOL_GRANTED_PENDING]: state.pending,
        'error.type': timedOut ? 'timeout' : errorTypeOf(error),
      });
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
      span.end();
    }

    resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
      return runIn(this.#context, fn, self, args);
    }

    /** Where the longer part of the wait was spent. */
    #reason(now: number): 'queue' | 'connect' {
      if (this.#connectStart === undefined) return 'queue';
      return now - this.#connectStart >= this.#connectStart - this.#start ? 'connect' : 'queue';
    }
  }

  function released(pool: object, connection: object): void {
    const book = pools.get(pool);
    const hold = book?.holds.get(connection);
    if (!book || !hold) return;
    book.holds.delete(connection);
    leases.delete(connection);
    const heldMs = performance.now() - hold.since;
    book.lastHolds.set(connection, { ...hold, heldMs });
    measured?.used(book.name, heldMs / 1000);
  }

  function query(connection: object, described: QueryDescription): Query | undefined {
    const where = context.active();
    if (telemetry.standsAside || isSuppressed(where)) return undefined;
    const sanitized =
      described.text === undefined ? undefined : sanitizeSql(described.text, described.backslashEscapes);
    const summary = sanitized?.summary ?? described.statementName;
    const attributes: Attributes = { 'db.system.name': described.system };
    if (described.database !== undefined) attributes['db.namespace'] = described.database;
    if (sanitized) attributes['db.query.text'] = sanitized.text;
    if (summary !== undefined) attributes['db.query.summary'] = summary;
    if (sanitized?.operation !== undefined) attributes['db.operation.name'] = sanitized.operation;
    if (sanitized?.collection !== undefined) attributes['db.collection.name'] = sanitized.collection;
    if (described.host !== undefined) attributes['server.address'] = described.host;
    if (described.port !== undefined) attributes['server.port'] = described.port;

    const lease = leases.get(connection);
    if (lease) {
      attributes[POOL_NAME] = lease.book.name;
      const { asked } = lease;
      if (asked) {
        // The state when the connection was asked for goes on the first query it served, not on all of a transaction.
        lease.asked = undefined;
        attributes[POOL_USED] = asked.used;
        attributes[POOL_IDLE] = asked.idle;
        attributes[POOL_PENDING] = asked.pending;
        if (lease.book.description.limit !== undefined) attributes[POOL_LIMIT] = lease.book.description.limit;
        if (lease.waitMs !== undefined) {
          attributes[POOL_WAIT_MS] = lease.waitMs;
          attributes[POOL_WAIT_REASON] = lease.reason!;
        }
      }
      const hold = lease.book.holds.get(connection);
      if (hold && summary !== undefined) hold.operation = summary;
    }
    const name = summary ?? described.database ?? described.system;
    const span = telemetry.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, where);
    return new ClientQuery(span, where, attributes);
  }

  class ClientQuery implements Query {
    readonly #span: Span;
    readonly #context: Context;
    readonly #attributes: Attributes;
    readonly #start = queryDuration ? performance.now() : 0;
    #settled = false;

    constructor(span: Span, where: Context, attributes: Attributes) {
      this.#span = span;
      this.#context = where;
      this.#attributes = attributes;
    }

    succeeded(rows?: number): void {
      if (this.#settled) return;
      this.#settled = true;
      if (rows !== undefined) this.#span.setAttribute('db.response.returned_rows', rows);
      this.#span.end();
      this.#measure(undefined);
    }

    failed(error: unknown, code?: string): void {
      if (this.#settled) return;
      this.#settled = true;
      const type = code ?? errorTypeOf(error);
      this.#span.setAttribute('error.type', type);
      if (code !== undefined) this.#span.setAttribute('db.response.status_code', code);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
      this.#span.end();
      this.#measure(type);
    }

    resume<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
      return runIn(this.#context, fn, self, args);
    }

    #measure(errorType: string | undefined): void {
      if (!queryDuration) return;
      const attributes: Attributes = {};
      for (const key of DURATION_ATTRIBUTES) {
        const value = this.#attributes[key];
        if (value !== undefined) attributes[key] = value;
      }
      if (errorType !== undefined) attributes['error.type'] = errorType;
      queryDuration.record((performance.now() - this.#start) / 1000, attributes);
    }
  }

  return { acquire, released, query };
}

const DURATION_ATTRIBUTES = [
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'server.address',
  'server.port',
];

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
