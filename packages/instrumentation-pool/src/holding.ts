import type { Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import {
  recogniseConnection,
  rememberedHolding,
  rememberHolding,
  roundMs,
  type ConnectionHolding,
  type Linked,
} from '@foreshock/kit';
import { POOL_IDLE, POOL_LIMIT, POOL_PENDING, POOL_USED, POOL_WAIT_MS, POOL_WAIT_REASON } from '@foreshock/kit/names';
import type { PoolState, WaitReason } from './events.ts';
import type { KnownPool } from './known-pool.ts';

/** Who has, or had, something of a pool: enough to say who was in the way. */
export interface Holder {
  heldMs: number;
  spanContext: SpanContext | undefined;
  operation: string | undefined;
  /** When it was known to hold it last. */
  until: number;
}

/** Something of a pool and who has it. One object a connection, for its life. */
export class Holding implements Linked<Holding>, ConnectionHolding {
  /** The pool it is out of, or was last. */
  pool: KnownPool;
  out = false;
  /** Somebody had it before, and gave it back. */
  returned = false;
  /** When it was granted, and how long it was out in the end. */
  since = 0;
  heldMs = 0;
  /** The span of the caller who has it, or had it last. */
  span: Span | undefined;
  parent: Context | undefined;
  leakReported = false;
  suspicionReported = false;
  /** `uses` when it was looked at last, its taker being through; undefined: not yet. */
  usesSeen: number | undefined;
  #operation: string | undefined;
  #uses = 0;
  /** Of the operation that was sent over it last. */
  #sent: Span | undefined;
  before: Holding | undefined;
  after: Holding | undefined;
  #stateIsTaken = true;
  #used = 0;
  #idle = 0;
  #pending = 0;
  #waitMs: number | undefined;
  #reason: WaitReason | undefined;

  constructor(pool: KnownPool) {
    this.pool = pool;
  }

  get poolName(): string {
    return this.pool.name;
  }

  get operation(): string | undefined {
    return this.#operation;
  }

  set operation(summary: string | undefined) {
    this.#operation = summary;
    this.#uses++;
  }

  /** How often something was done with it since it went out. */
  get uses(): number {
    return this.#uses;
  }

  sent(span: Span): void {
    this.#sent = span;
  }

  /** Whether an operation is under way on it. */
  get isBusy(): boolean {
    return this.#sent?.isRecording() === true;
  }

  /** The caller with this span has it from now on. */
  begin(pool: KnownPool, now: number, span: Span | undefined, asked: PoolState): void {
    if (this.out) this.pool.holdings.remove(this);
    this.pool = pool;
    this.out = true;
    this.since = now;
    this.span = span;
    // The SDK's spans have a name that can be read; the first query replaces it with something closer.
    const { name } = (span ?? {}) as { name?: unknown };
    this.#operation = typeof name === 'string' ? name : undefined;
    this.#uses = 0;
    this.#sent = undefined;
    this.usesSeen = undefined;
    this.parent = undefined;
    this.leakReported = this.suspicionReported = false;
    this.#used = asked.used;
    this.#idle = asked.idle;
    this.#pending = asked.pending;
    this.#waitMs = this.#reason = undefined;
    this.#stateIsTaken = false;
    pool.holdings.add(this);
  }

  /** Its caller waited for it. */
  waited(waitMs: number, reason: WaitReason): void {
    this.#waitMs = waitMs;
    this.#reason = reason;
  }

  /** It is back. */
  end(now: number): void {
    this.pool.holdings.remove(this);
    this.out = false;
    this.returned = true;
    this.heldMs = now - this.since;
    this.parent = undefined;
    this.#sent = undefined;
  }

  takeState(): Attributes | undefined {
    if (this.#stateIsTaken) return undefined;
    this.#stateIsTaken = true;
    const attributes: Attributes = {
      [POOL_USED]: this.#used,
      [POOL_IDLE]: this.#idle,
      [POOL_PENDING]: this.#pending,
    };
    const { limit } = this.pool.description;
    if (limit !== undefined) attributes[POOL_LIMIT] = limit;
    if (this.#waitMs === undefined) return attributes;
    attributes[POOL_WAIT_MS] = this.#waitMs;
    attributes[POOL_WAIT_REASON] = this.#reason;
    return attributes;
  }

  /** Who has it, or had it last. */
  holder(now: number): Holder {
    const heldMs = this.out ? now - this.since : this.heldMs;
    return {
      heldMs: roundMs(heldMs),
      spanContext: this.span?.spanContext(),
      operation: this.operation,
      until: this.out ? now : this.since + this.heldMs,
    };
  }
}

/** What is remembered of a connection that this pool hands out. */
export function rememberedIn(pool: KnownPool, connection: object): Holding {
  const known = rememberedHolding(connection) as Holding | undefined;
  if (known) return known;
  const holding = new Holding(pool);
  rememberHolding(connection, holding);
  const recognised = recogniseConnection(connection);
  if (!recognised) return holding;
  pool.learn(recognised);
  const inner = recognised.connection;
  // Unless another pool, below this one, has handed it out.
  if (inner !== connection && !rememberedHolding(inner)?.out) rememberHolding(inner, holding);
  return holding;
}
