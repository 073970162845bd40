import type { SpanContext, Span } from '@opentelemetry/api';
import { Chain, CommonAttributes, roundMs, type Linked } from '@foreshock/kit';
import { POOL_LIMIT, POOL_NAME } from '@foreshock/kit/names';
import type { PoolDescription, PoolSource, PoolState, Target } from './events.ts';
import type { Saturation } from './pool-saturation.ts';
import type { PoolWait } from './pool-wait.ts';

/** A connection that is out: who has it, since when, and what for. */
export class Hold implements Linked<Hold> {
  readonly book: PoolBook;
  readonly since: number;
  /** Who asked for it. */
  readonly span: Span | undefined;
  operation: string | undefined;
  /** The pool's state when it was asked for; until a query has it on its span. */
  asked: PoolState | undefined;
  /** Undefined when it was there at once. */
  waitMs: number | undefined;
  reason: 'queue' | 'connect' | undefined;
  leakTold = false;
  before: Hold | undefined;
  after: Hold | undefined;

  constructor(book: PoolBook, since: number, span: Span | undefined, asked: PoolState) {
    this.book = book;
    this.since = since;
    this.span = span;
    // The SDK's spans say their name; the first query replaces it with something closer.
    const { name } = (span ?? {}) as { name?: unknown };
    this.operation = typeof name === 'string' ? name : undefined;
    this.asked = asked;
  }
}

/** What is remembered of a pooled connection, for its life. */
export interface PooledConnection {
  /** While it is out. */
  hold: Hold | undefined;
  /** How it was last held, for the caller it goes to next. */
  last: Holding | undefined;
}

/** How a connection was held: enough to say who was in the way. */
export interface Holding {
  heldMs: number;
  spanContext: SpanContext | undefined;
  operation: string | undefined;
}

/** What the boundary knows of one pool. */
export class PoolBook {
  readonly source: PoolSource;
  /** Connections that are out. */
  readonly holds = new Chain<Hold>();
  /** Callers in line for whom no connection is being opened, in order. */
  readonly line = new Set<PoolWait>();
  /** The saturation under way. */
  saturation: Saturation | undefined;
  readonly #library: string;
  #description!: PoolDescription;
  #name!: string;
  #common!: CommonAttributes;

  /** @param library what it is called while nothing better is known */
  constructor(source: PoolSource, pool: object, library: string) {
    this.source = source;
    this.#library = library;
    this.#describe(source.describe(pool));
  }

  #describe(description: PoolDescription): void {
    this.#description = description;
    this.#name = this.#nameNow();
    const { system, limit } = description;
    this.#common = new CommonAttributes({ [POOL_NAME]: this.#name, 'db.system.name': system, [POOL_LIMIT]: limit });
  }

  get description(): PoolDescription {
    return this.#description;
  }

  /** `db.client.connection.pool.name`: the user's own name, else `host:port/database` as the conventions say. */
  get name(): string {
    return this.#name;
  }

  /** What all spans about it have in common. */
  get common(): CommonAttributes {
    return this.#common;
  }

  #nameNow(): string {
    const { name, system, host = 'localhost', port, database } = this.#description;
    if (name) return name;
    if (!this.#knowsTarget && system === undefined) return this.#library;
    const address = port === undefined ? host : `${host}:${port}`;
    return database ? `${address}/${database}` : address;
  }

  /** The short form for span names. */
  get label(): string {
    const { name, database, host, system } = this.#description;
    return name ?? database ?? host ?? system ?? this.#library;
  }

  /** Where a pool leads that could not say it itself is told by its first connection. */
  learn({ system, host, port, database }: Target): void {
    if (!this.#knowsTarget) this.#describe({ ...this.#description, system, host, port, database });
  }

  get #knowsTarget(): boolean {
    const { host, database } = this.#description;
    return host !== undefined || database !== undefined;
  }
}

/** Names a span again that was started before its pool's name was known. */
export function nameSpan(span: Span, spanName: string, { name, description }: PoolBook): void {
  span.updateName(spanName).setAttribute(POOL_NAME, name);
  if (description.system !== undefined) span.setAttribute('db.system.name', description.system);
}

export function holdingOf(hold: Hold, now: number): Holding {
  return { heldMs: roundMs(now - hold.since), spanContext: hold.span?.spanContext(), operation: hold.operation };
}
