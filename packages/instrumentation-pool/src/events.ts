import type { Context } from '@opentelemetry/api';
import type { Caller, ConnectionTarget } from '@foreshock/kit';

/** Why a caller waited: for a place, for a connection to be opened, for its turn by a rate limit, for a pause to end. */
export type WaitReason = 'queue' | 'connect' | 'rate' | 'paused';

/**
 * A pool as its library describes it; asked at the pool's first use and kept for its life. A pool of anything
 * that knows no target takes it from its first connection, see `recogniseConnection` of the kit.
 */
export interface PoolDescription extends ConnectionTarget {
  /** The user's own name for it, when the library has such a thing. */
  name?: string | undefined;
  /** Most connections it may open, most tasks that run at once. */
  limit?: number | undefined;
  /** Fewest connections it keeps open while idle. */
  idleMin?: number | undefined;
}

/** What the library's own counters say at this moment. */
export interface PoolState {
  /** Out, being opened or being looked over: all that is not idle. */
  used: number;
  idle: number;
  /** Callers waiting in line, not counting those whose connection is being opened. */
  pending: number;
  /** Most tasks that run at once now, where that may change; undefined = as described. */
  limit?: number | undefined;
}

/** How to read a library's pools; one object an adapter. */
export interface PoolSource {
  /** It limits tasks: no connections, so no metrics of them, and no leaks. */
  readonly ofTasks?: boolean;
  /** Whether tasks may have to wait although there are slots, for the next interval. */
  limitsRate?(pool: object): boolean;
  describe(pool: object): PoolDescription;
  /** Writes the counters of this moment into `state`: it is read for every caller, so nothing is made. */
  count(pool: object, state: PoolState): void;
  /** Closed for good: no longer part of any metric. */
  isEnded(pool: object): boolean;
}

/** A caller that asked a pool for something; what serves it runs where the caller is. */
export interface Acquisition extends Pick<Caller, 'run'> {
  /** The pool began to open a connection for this caller. */
  connecting(): void;
  /** The caller has what it asked for; further queries on it belong to this acquisition. */
  granted(connection: unknown): void;
  /** @param timedOut the pool gave up waiting, as configured */
  failed(error: unknown, timedOut?: boolean): void;
}

/** A task that was given to a limiter of concurrency; it runs where its caller is. */
export interface LimitedTask extends Pick<Caller, 'run'> {
  /**
   * It does not start at once.
   *
   * @param hindrance what keeps it where there is a free slot: it has no holder then
   */
  waits(hindrance?: 'connect' | 'rate' | 'paused'): void;
  /**
   * It loses its slot when it has run this long, whether it has ended or not; to be said before it starts.
   *
   * @param ms undefined = never
   */
  timesOutAfter(ms: number | undefined): void;
  /**
   * It starts, and holds a slot.
   *
   * @param slots where a task may take several
   */
  started(slots?: number): void;
  finished(): void;
  /** Instead of {@link finished}, where its end cannot be seen. */
  endUnseen(): void;
  /** It left the line without being started. */
  failed(error: unknown, timedOut?: boolean): void;
}

/** What the adapter of a pool reports. Undefined as an answer means: leave this call alone. */
export interface PoolEvents {
  /**
   * A caller asks a pool.
   *
   * @param asked the pool's counters just before it asked; default: read now
   */
  acquire(source: PoolSource, pool: object, asked?: PoolState): Acquisition | undefined;
  /**
   * A caller was handed something idle at once: no wait, so nothing is made for it.
   *
   * @param pool its counters count what was handed over as used already
   * @param where the caller is; default: here
   */
  lent(source: PoolSource, pool: object, connection: object, where?: Context): void;
  /**
   * The pool began to open a connection for no caller in particular: it is for the first in line who has none
   * coming. Where the caller is known, see {@link Acquisition.connecting}.
   */
  opening(pool: object): void;
  /** A connection went back to its pool, or was destroyed. */
  released(pool: object, connection: unknown): void;
  /**
   * A caller gives a task to a limiter. It waits if all slots are taken, or the adapter says so.
   *
   * @param asked the limiter's counters just before; default: read now
   */
  task(source: PoolSource, limiter: object, asked?: PoolState): LimitedTask | undefined;
  /** A limiter stops starting tasks, until further notice. */
  paused(limiter: object): void;
  /** All that wait in line leave it unserved. */
  cleared(pool: object, error: unknown): void;
}
