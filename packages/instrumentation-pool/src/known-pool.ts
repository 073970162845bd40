import { LinkedList, CommonAttributes, type ConnectionTarget } from '@foreshock/kit';
import { POOL_LIMIT, POOL_NAME, TASK_POOL_NAME } from '@foreshock/kit/names';
import type { Acquisition, PoolDescription, PoolSource } from './events.ts';
import type { Holding, HoldingPool } from './holding.ts';
import type { NamedPool } from './named-pool.ts';
import type { PoolPeaks } from './pool-peaks.ts';
import type { Saturation } from './saturation.ts';

/** PostgreSQL's: NAMEDATALEN - 1. */
const MAX_APPLICATION = 63;

interface TimedTask {
  finishedAt(now: number): void;
}

export class KnownPool implements NamedPool, HoldingPool {
  readonly source: PoolSource;
  /** Oldest first. */
  readonly holdings = new LinkedList<Holding>();
  /** In order, without callers for whom one opens. */
  readonly waiting = new Set<Acquisition>();
  /** Until they lose slots. */
  readonly timed = new Map<TimedTask, number>();
  /** By the last ended task. */
  lastReturned: Holding | undefined;
  pauses = 0;
  saturation: Saturation | undefined;
  /** While metrics are collected. */
  peaks: PoolPeaks | undefined;
  /** By `/readyz`, unanswered. */
  asked: Promise<unknown> | undefined;
  readonly #library: string;
  /** Running tasks, past time at the limit, and its latest start. */
  #running = 0;
  #fullMs = 0;
  #fullSince: number | undefined;
  #missesTaskEnds = false;
  #description!: PoolDescription;
  #name!: string;
  #common!: CommonAttributes;

  /** @param library default name */
  constructor(source: PoolSource, pool: object, library: string) {
    this.source = source;
    this.#library = library;
    this.#describe(source.describe(pool));
  }

  #describe(description: PoolDescription): void {
    this.#description = description;
    this.#name = this.#nameNow();
    const { system, limit } = description;
    this.#common = new CommonAttributes({ [this.nameKey]: this.#name, 'db.system.name': system, [POOL_LIMIT]: limit });
  }

  get nameKey(): string {
    return this.source.ofTasks ? TASK_POOL_NAME : POOL_NAME;
  }

  setLimit(given: number): void {
    const limit = Number.isFinite(given) ? given : undefined;
    if (limit !== this.#description.limit) this.#describe({ ...this.#description, limit });
  }

  /** @param now default: if needed */
  taskStarted(slots: number, now?: number): void {
    const { limit } = this.#description;
    this.#running += slots;
    if (this.#running >= (limit ?? Infinity)) this.#fullSince ??= now ?? performance.now();
  }

  /** @param now default: if needed */
  taskFinished(slots: number, now?: number): void {
    const { limit } = this.#description;
    this.#running -= slots;
    if (this.#running >= (limit ?? Infinity) || this.#fullSince === undefined) return;
    this.#fullMs += (now ?? performance.now()) - this.#fullSince;
    this.#fullSince = undefined;
  }

  /** Running without slots. */
  endTimedOut(used: number, now: number): void {
    while (this.#running > used) {
      let first: TimedTask | undefined;
      let earliest = Infinity;
      for (const [task, end] of this.timed) if (end < earliest) [first, earliest] = [task, end];
      if (!first) return;
      first.finishedAt(Math.min(earliest, now));
    }
  }

  /** Unknown time at the limit. */
  missTaskEnds(): void {
    this.#missesTaskEnds = true;
  }

  /** Undefined = unknown. */
  fullMs(now: number): number | undefined {
    if (this.#missesTaskEnds) return undefined;
    return this.#fullSince === undefined ? this.#fullMs : this.#fullMs + now - this.#fullSince;
  }

  get description(): PoolDescription {
    return this.#description;
  }

  /** `db.client.connection.pool.name`: the user's, or the conventions' `host:port/database`, and the application. */
  get name(): string {
    return this.#name;
  }

  get common(): CommonAttributes {
    return this.#common;
  }

  #nameNow(): string {
    const { name, system, host = 'localhost', port, database } = this.#description;
    if (name) return name;
    if (!this.#knowsTarget && system === undefined) return this.#library;
    const address = port === undefined ? host : `${host}:${port}`;
    return this.#qualified(database ? `${address}/${database}` : address);
  }

  #qualified(target: string): string {
    const { application } = this.#description;
    return application ? `${target} (${application.replaceAll('/', ' ').slice(0, MAX_APPLICATION)})` : target;
  }

  /** For span names. */
  get label(): string {
    const { name, database, host, system } = this.#description;
    return name ?? this.#qualified(database ?? host ?? system ?? this.#library);
  }

  /** From the first connection. */
  learn({ system, host, port, database }: ConnectionTarget): void {
    const known = this.#description;
    if (!this.#knowsTarget) this.#describe({ ...known, system, host, port, database });
    // Only the handshake shows MariaDB.
    else if (system !== undefined && system !== known.system) this.#describe({ ...known, system });
  }

  get #knowsTarget(): boolean {
    const { host, database } = this.#description;
    return host !== undefined || database !== undefined;
  }
}
