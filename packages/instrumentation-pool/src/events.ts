import type { Context } from '@opentelemetry/api';
import type { Caller, ConnectionTarget } from '@foreshock/kit';

/** For a slot, a new connection, a rate limit or the end of a pause. */
export type WaitReason = 'queue' | 'connect' | 'rate' | 'paused';

/** Read at the pool's first use. The first connection gives a missing target, see `recogniseConnection` of the kit. */
export interface PoolDescription extends ConnectionTarget {
  name?: string | undefined;
  /** What its connections call themselves at the server: tells pools of one database apart. */
  application?: string | undefined;
  /** Most connections or running tasks. */
  limit?: number | undefined;
  /** Fewest idle connections. */
  idleMin?: number | undefined;
}

export interface PoolState {
  /** Includes those being opened or validated. */
  used: number;
  idle: number;
  /** Excludes callers whose connection is being opened. */
  pending: number;
  /** If it may change; undefined = as described. */
  limit?: number | undefined;
}

/** One per adapter. */
export interface PoolSource {
  /** No connection metrics or leaks. */
  readonly ofTasks?: boolean;
  /** Whether tasks may wait despite free slots. */
  limitsRate?(pool: object): boolean;
  describe(pool: object): PoolDescription;
  /** Writes into `state`, to allocate nothing. */
  count(pool: object, state: PoolState): void;
  /** Removes it from all metrics. */
  isEnded(pool: object): boolean;
}

/** A request to a pool; `run` uses the caller's context. */
export interface Acquisition extends Pick<Caller, 'run' | 'context'> {
  connecting(): void;
  /** The connection's later queries belong to this acquisition. */
  granted(connection: unknown): void;
  /** @param type `error.type`, default: the error's code or class */
  failed(error: unknown, timedOut?: boolean, type?: string): void;
}

/** The trace of a task, as it is sent to another thread. */
export type TaskCarrier = Readonly<Record<string, string>>;

/** A limiter's task; `run` uses its caller's context. */
export interface LimitedTask extends Pick<Caller, 'run' | 'context'> {
  /** @param hindrance why, if a slot is free */
  waits(hindrance?: 'connect' | 'rate' | 'paused'): void;
  /**
   * Frees its slot after this time, even if it still runs. Call before it starts.
   *
   * @param ms undefined = never
   */
  timesOutAfter(ms: number | undefined): void;
  /** @param slots default 1 */
  started(slots?: number): void;
  finished(): void;
  /** Instead of {@link finished}, if the end cannot be observed. */
  endUnseen(): void;
  /** Never started. */
  failed(error: unknown, timedOut?: boolean): void;
}

/** A task in the thread that runs it; `run` uses the context of the task's caller. */
export interface ThreadTask extends Pick<Caller, 'run' | 'context'> {
  ended(): void;
}

/** What a pool adapter reports. Undefined: the call is not instrumented. */
export interface PoolEvents {
  /** @param asked the pool's counters before the request; default: read now */
  acquire(source: PoolSource, pool: object, asked?: PoolState): Acquisition | undefined;
  /**
   * An idle connection was granted.
   *
   * @param pool counts the connection as used
   * @param where default: the active context
   */
  lent(source: PoolSource, pool: object, connection: object, where?: Context): void;
  /**
   * Counts for the first queued caller without a connection being opened; a known caller uses {@link
   * Acquisition.connecting}.
   */
  opening(pool: object): void;
  released(pool: object, connection: unknown): void;
  /** A connection was opened in advance, or for a caller that left: the next one does not wait for it. */
  openedIdle(source: PoolSource, pool: object, connection: object): void;
  /** @param asked the limiter's counters before; default: read now */
  task(source: PoolSource, limiter: object, asked?: PoolState): LimitedTask | undefined;
  /** For the thread that runs the task; undefined outside of any trace. */
  carrierOf(task: LimitedTask): TaskCarrier | undefined;
  /**
   * In that thread.
   *
   * @param name of the pool
   */
  threadTask(carrier: TaskCarrier | undefined, name: string): ThreadTask;
  paused(limiter: object): void;
  cleared(pool: object, error: unknown): void;
}
