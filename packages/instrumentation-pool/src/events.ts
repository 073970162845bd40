import type { Context } from '@opentelemetry/api';
import type { Caller, ConnectionTarget } from '@foreshock/kit';

/** A slot, a new connection, a rate limit, a pause's end. */
export type WaitReason = 'queue' | 'connect' | 'rate' | 'paused';

/** Read at the pool's first use. The first connection gives a missing target. */
export interface PoolDescription extends ConnectionTarget {
  name?: string | undefined;
  /** Its connections' name at the server: distinguishes pools of one database. */
  application?: string | undefined;
  /** Most connections or tasks. */
  limit?: number | undefined;
  /** Fewest idle connections. */
  idleMin?: number | undefined;
}

export interface PoolState {
  /** With those opening or validated. */
  used: number;
  idle: number;
  /** Without callers for whom one opens. */
  pending: number;
  /** If changeable; else as described. */
  limit?: number | undefined;
}

/** One per adapter. */
export interface PoolSource {
  /** No connection metrics or leaks. */
  readonly ofTasks?: boolean;
  /** Waits despite free slots. */
  limitsRate?(pool: object): boolean;
  describe(pool: object): PoolDescription;
  /** Into `state`: allocates nothing. */
  count(pool: object, state: PoolState): void;
  /** Removes it from all metrics. */
  isEnded(pool: object): boolean;
  /** A harmless question on one of its connections, for `/readyz` when told. */
  ask?(pool: object): Promise<unknown>;
}

/** `run` uses the caller's context. */
export interface Acquisition extends Pick<Caller, 'run' | 'context'> {
  connecting(): void;
  /** Whose later queries belong here. */
  granted(connection: unknown): void;
  /** @param type `error.type`; default: code or class */
  failed(error: unknown, timedOut?: boolean, type?: string): void;
}

/** A task's trace on its way to another thread. */
export type TaskCarrier = Readonly<Record<string, string>>;

/** `run` uses the caller's context. */
export interface LimitedTask extends Pick<Caller, 'run' | 'context'> {
  /** @param hindrance despite a free slot */
  waits(hindrance?: 'connect' | 'rate' | 'paused'): void;
  /**
   * Frees its slot after this time, even if running.
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

/** In the thread that runs the task; `run` uses the context of its caller. */
export interface ThreadTask extends Pick<Caller, 'run' | 'context'> {
  ended(): void;
}

/** Undefined: the call is not instrumented. */
export interface PoolEvents {
  /** @param asked counters before; default: read now */
  acquire(source: PoolSource, pool: object, asked?: PoolState): Acquisition | undefined;
  /**
   * An idle connection was granted.
   *
   * @param pool counts it as used
   * @param where default: the active context
   */
  lent(source: PoolSource, pool: object, connection: object, where?: Context): void;
  /** For the first queued caller without one; known callers use {@link Acquisition.connecting}. */
  opening(pool: object): void;
  released(pool: object, connection: unknown): void;
  /** Opened in advance, or for a caller that left: nobody waits. */
  openedIdle(source: PoolSource, pool: object, connection: object): void;
  /** @param asked counters before; default: read now */
  task(source: PoolSource, limiter: object, asked?: PoolState): LimitedTask | undefined;
  /** For the task's thread; undefined outside any trace. */
  carrierOf(task: LimitedTask): TaskCarrier | undefined;
  /**
   * In that thread.
   *
   * @param name the pool's
   */
  threadTask(carrier: TaskCarrier | undefined, name: string): ThreadTask;
  paused(limiter: object): void;
  cleared(pool: object, error: unknown): void;
}
