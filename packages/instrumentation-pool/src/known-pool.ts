import type { Span } from '@opentelemetry/api';
import { LinkedList, CommonAttributes, type ConnectionTarget } from '@foreshock/kit';
import { POOL_LIMIT, POOL_NAME, TASK_POOL_NAME } from '@foreshock/kit/names';
import type { PoolAcquisition } from './acquisition.ts';
import type { PoolDescription, PoolSource } from './events.ts';
import type { Holding } from './holding.ts';
import type { Saturation } from './saturation.ts';

/** A task that loses its slots when its time is up. */
interface TimedTask {
  finishedAt(now: number): void;
}

/** What is known of one pool: its name, who has something of it, and who waits. */
export class KnownPool {
  readonly source: PoolSource;
  /** What is out, the oldest first. */
  readonly holdings = new LinkedList<Holding>();
  /** Callers in line for whom no connection is being opened, in order. */
  readonly line = new Set<PoolAcquisition>();
  /** Tasks that run and may lose their slot before they end, and when that is. */
  readonly timed = new Map<TimedTask, number>();
  /** The slot that a task gave back last. */
  lastReturned: Holding | undefined;
  /** How often it was paused. */
  pauses = 0;
  /** The saturation under way. */
  saturation: Saturation | undefined;
  readonly #library: string;
  /** Tasks under way, how long there were as many as may be, and since when there are. */
  #running = 0;
  #fullMs = 0;
  #fullSince: number | undefined;
  #missesTaskEnds = false;
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
    this.#common = new CommonAttributes({ [this.nameKey]: this.#name, 'db.system.name': system, [POOL_LIMIT]: limit });
  }

  /** The attribute of its name: a limiter of tasks is no pool of connections. */
  get nameKey(): string {
    return this.source.ofTasks ? TASK_POOL_NAME : POOL_NAME;
  }

  /** The most tasks that may run at once from now on. */
  setLimit(given: number): void {
    const limit = Number.isFinite(given) ? given : undefined;
    if (limit !== this.#description.limit) this.#describe({ ...this.#description, limit });
  }

  /** @param now default: read, where it is needed */
  taskStarted(slots: number, now?: number): void {
    const { limit } = this.#description;
    this.#running += slots;
    if (this.#running >= (limit ?? Infinity)) this.#fullSince ??= now ?? performance.now();
  }

  /** @param now default: read, where it is needed */
  taskFinished(slots: number, now?: number): void {
    const { limit } = this.#description;
    this.#running -= slots;
    if (this.#running >= (limit ?? Infinity) || this.#fullSince === undefined) return;
    this.#fullMs += (now ?? performance.now()) - this.#fullSince;
    this.#fullSince = undefined;
  }

  /** Ends the tasks that have lost their slots: more run than the limiter says it has. */
  endTimedOut(used: number, now: number): void {
    while (this.#running > used) {
      let first: TimedTask | undefined;
      let earliest = Infinity;
      for (const [task, end] of this.timed) if (end < earliest) [first, earliest] = [task, end];
      if (!first) return;
      first.finishedAt(Math.min(earliest, now));
    }
  }

  /** The end of a task could not be seen: how long all slots were taken is not known from now on. */
  missTaskEnds(): void {
    this.#missesTaskEnds = true;
  }

  /** For how long all slots were taken, of all time; undefined = not known. */
  fullMs(now: number): number | undefined {
    if (this.#missesTaskEnds) return undefined;
    return this.#fullSince === undefined ? this.#fullMs : this.#fullMs + now - this.#fullSince;
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

  /** A pool that could not say where it leads takes it from its first connection. */
  learn({ system, host, port, database }: ConnectionTarget): void {
    const known = this.#description;
    if (!this.#knowsTarget) this.#describe({ ...known, system, host, port, database });
    // MariaDB is seen by its answer only.
    else if (system !== undefined && system !== known.system) this.#describe({ ...known, system });
  }

  get #knowsTarget(): boolean {
    const { host, database } = this.#description;
    return host !== undefined || database !== undefined;
  }
}

/** Names a span again that was started before its pool's name was known. */
export function nameSpan(span: Span, spanName: string, { name, nameKey, description }: KnownPool): void {
  span.updateName(spanName).setAttribute(nameKey, name);
  if (description.system !== undefined) span.setAttribute('db.system.name', description.system);
}
