import type { Attributes, Context, Span } from '@opentelemetry/api';

/** Where a connection leads. */
export interface ConnectionTarget {
  /** `db.system.name` of the semantic conventions: `postgresql`, `mysql`. */
  system?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
}

/** Where a client's options lead: the path of a local socket stands for host and port. */
export function targetOf(
  system: string,
  options: { host?: string; port?: number | string; database?: string; socketPath?: string },
): ConnectionTarget & { system: string } {
  const { socketPath, host, port, database } = options;
  return {
    system,
    host: socketPath || host,
    // From a URL it may be a text, as in mysql2 3.0.
    port: socketPath || port === undefined ? undefined : Number(port),
    database: database || undefined,
  };
}

/** A driver's connection in somebody's pool. */
export interface DriverConnection extends ConnectionTarget {
  /** What its queries are reported on: itself, or what is inside a wrapper of the driver's. */
  connection: object;
}

/** Recognises the connections of one driver among whatever another library pools; undefined: not one of them. */
export type Driver = (resource: object) => DriverConnection | undefined;

/** A pooled connection while a caller has it, as the boundary that sends on it sees it. */
export interface ConnectionHolding {
  /** False once it is back in its pool. */
  readonly out: boolean;
  /** `db.client.connection.pool.name` */
  readonly poolName: string;
  /** What the connection is used for; callers that wait for it see this. */
  operation: string | undefined;
  /**
   * The context that a query belongs to whose own has no span: the one of the wait for this connection, when that
   * wait began without a parent. A wait and its query are never in two traces.
   */
  readonly parent: Context | undefined;
  /** An operation with this span has been sent over the connection. */
  sent(span: Span): void;
  /** The pool's state when the connection was asked for: given once, for the first operation. */
  takeState(): Attributes | undefined;
}

const HOLDINGS = Symbol.for('foreshock.connection-holdings');
const DRIVERS = Symbol.for('foreshock.drivers');

// Process-wide, as `onModuleLoad`: the room that knows the pools and the ones that know the queries may be of two copies.
const holdings: WeakMap<object, ConnectionHolding> = ((globalThis as any)[HOLDINGS] ??= new WeakMap());
const drivers: Set<Driver> = ((globalThis as any)[DRIVERS] ??= new Set());

/** How a connection is held at this moment; undefined for one that comes from no pool. */
export function holdingOf(connection: object): ConnectionHolding | undefined {
  const holding = holdings.get(connection);
  return holding?.out ? holding : undefined;
}

/** What is remembered of a connection, in or out of its pool. */
export function rememberedHolding(connection: object): ConnectionHolding | undefined {
  return holdings.get(connection);
}

/** Remembers how a connection is held, for its life. */
export function rememberHolding(connection: object, holding: ConnectionHolding): void {
  holdings.set(connection, holding);
}

/** Makes a driver known to the pools of the process. */
export function addDriver(driver: Driver): void {
  drivers.add(driver);
}

/** Asks every known driver whether a pooled thing is a connection of its own. */
export function recogniseConnection(resource: object): DriverConnection | undefined {
  for (const driver of drivers) {
    const recognised = driver(resource);
    if (recognised) return recognised;
  }
  return undefined;
}
