import type { Attributes, Context, Span } from '@opentelemetry/api';
import {
  recogniseConnection,
  rememberedHolding,
  rememberHolding,
  roundMs,
  type ConnectionHolding,
  type ConnectionTarget,
  type Linked,
  type LinkedList,
  type OpenTransaction,
} from '@foreshock/kit';
import { POOL_IDLE, POOL_LIMIT, POOL_PENDING, POOL_USED, POOL_WAIT_MS, POOL_WAIT_REASON } from '@foreshock/kit/names';
import { AcrossIo } from './across-io.ts';
import type { PoolDescription, PoolState, WaitReason } from './events.ts';
import type { Holder } from './holder.ts';

/** What a holding needs of its pool. */
export interface HoldingPool {
  readonly name: string;
  readonly description: PoolDescription;
  readonly holdings: LinkedList<Holding>;
  learn(target: ConnectionTarget): void;
}

/** One per connection: pool's resource, holder. */
export class Holding implements Linked<Holding>, ConnectionHolding {
  /** Current or last. */
  pool: HoldingPool;
  out = false;
  /** Idle before: an earlier holder's, or opened in advance. */
  returned = false;
  /** Granted at, and for. */
  since = 0;
  heldMs = 0;
  span: Span | undefined;
  parent: Context | undefined;
  leakReported = false;
  suspicionReported = false;
  /** `uses`, at the last check after the span's end. */
  usesSeen: number | undefined;
  #operation: string | undefined;
  #uses = 0;
  /** Last operation over it. */
  #sent: Span | undefined;
  /** The last operation's end, or granted at. */
  #idleSince = 0;
  #acrossIo: AcrossIo | undefined;
  transaction: OpenTransaction | undefined;
  before: Holding | undefined;
  after: Holding | undefined;
  #stateIsTaken = true;
  #used = 0;
  #idle = 0;
  #pending = 0;
  #waitMs: number | undefined;
  #reason: WaitReason | undefined;

  constructor(pool: HoldingPool) {
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

  /** Since granted. */
  get uses(): number {
    return this.#uses;
  }

  sent(span: Span): void {
    this.#acrossIo?.used(performance.now(), this.#idleSince);
    this.#sent = span;
  }

  /** In the holder's context; perhaps its own operation, which is {@link sent} then. */
  callStarted(span: Span): void {
    if (!this.isBusy) (this.#acrossIo ??= new AcrossIo()).started(span, performance.now());
  }

  callEnded(span: object): void {
    if (span === this.#sent) this.#idleSince = performance.now();
    else this.#acrossIo?.ended(span as Span);
  }

  get isBusy(): boolean {
    return this.#sent?.isRecording() === true;
  }

  begin(pool: HoldingPool, now: number, span: Span | undefined, asked: PoolState): void {
    if (this.out) this.pool.holdings.remove(this);
    this.pool = pool;
    this.out = true;
    this.since = this.#idleSince = now;
    this.#acrossIo = undefined;
    this.transaction = undefined;
    this.span = span;
    // The SDK's span name, until a query gives a more specific one.
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

  waited(waitMs: number, reason: WaitReason): void {
    this.#waitMs = waitMs;
    this.#reason = reason;
  }

  end(now: number): void {
    this.pool.holdings.remove(this);
    this.out = false;
    this.returned = true;
    this.heldMs = now - this.since;
    this.parent = undefined;
    this.#sent = undefined;
    // What is pooled may make calls itself, if none is seen on it.
    if (this.#uses === 0) this.#acrossIo = undefined;
    this.#acrossIo?.used(now, this.#idleSince);
    if (this.span?.isRecording()) this.#acrossIo?.mark(this.span, this.poolName, this.heldMs);
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

  holder(now: number): Holder {
    const heldMs = this.out ? now - this.since : this.heldMs;
    return {
      heldMs: roundMs(heldMs),
      spanContext: this.span?.spanContext(),
      operation: this.operation,
      acrossIo: this.#acrossIo?.mostOf(heldMs),
      transactionIdleMs: this.transaction && roundMs(this.transaction.idleMsAt(now)),
      until: this.out ? now : this.since + this.heldMs,
    };
  }
}

/** Granted by this pool. */
export function rememberedIn(pool: HoldingPool, connection: object): Holding {
  const known = rememberedHolding(connection) as Holding | undefined;
  if (known) return known;
  const holding = new Holding(pool);
  rememberHolding(connection, holding);
  const recognised = recogniseConnection(connection);
  if (!recognised) return holding;
  pool.learn(recognised);
  const inner = recognised.connection;
  // Unless a lower pool granted it.
  if (inner !== connection && !rememberedHolding(inner)?.out) rememberHolding(inner, holding);
  return holding;
}
