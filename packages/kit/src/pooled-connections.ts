import type { Attributes, Context, Span } from '@opentelemetry/api';

export interface ConnectionTarget {
  /** `db.system.name`: `postgresql`, `mysql`. */
  system?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
}

/** A socket path replaces host and port. */
export function targetOf(
  system: string,
  options: { host?: string; port?: number | string; database?: string; socketPath?: string },
): ConnectionTarget & { system: string } {
  const { socketPath, host, port, database } = options;
  return {
    system,
    host: socketPath || host,
    // A string in URLs (mysql2 3.0).
    port: socketPath || port === undefined ? undefined : Number(port),
    database: database || undefined,
  };
}

export interface DriverConnection extends ConnectionTarget {
  /** What its queries are reported on, inside any driver's wrapper. */
  connection: object;
}

/** One driver's connections; undefined: others. */
export type Driver = (resource: object) => DriverConnection | undefined;

export interface OpenTransaction {
  /** How long nothing ran in it. */
  idleMsAt(now: number): number;
}

export interface ConnectionHolding {
  /** False once returned. */
  readonly out: boolean;
  /** Granted at, as `performance.now()`. */
  readonly since: number;
  readonly poolName: string;
  /** What it is used for, for waiting callers. */
  operation: string | undefined;
  /** For queries without active span: the wait's, if parentless: both share a trace. */
  readonly parent: Context | undefined;
  /** The last one in which a query ran. */
  transaction: OpenTransaction | undefined;
  sent(span: Span): void;
  /** At the request, for the first operation only. */
  takeState(): Attributes | undefined;
}

const HOLDINGS = Symbol.for('foreshock.connection-holdings');
const DRIVERS = Symbol.for('foreshock.drivers');

// Process-wide: packages may have copies.
const holdings: WeakMap<object, ConnectionHolding> = ((globalThis as any)[HOLDINGS] ??= new WeakMap());
const drivers: Set<Driver> = ((globalThis as any)[DRIVERS] ??= new Set());

/** Undefined unless pooled and used. */
export function holdingOf(connection: object): ConnectionHolding | undefined {
  const holding = holdings.get(connection);
  return holding?.out ? holding : undefined;
}

/** Also once returned. */
export function rememberedHolding(connection: object): ConnectionHolding | undefined {
  return holdings.get(connection);
}

export function rememberHolding(connection: object, holding: ConnectionHolding): void {
  holdings.set(connection, holding);
}

export function addDriver(driver: Driver): void {
  drivers.add(driver);
}

export function recogniseConnection(resource: object): DriverConnection | undefined {
  for (const driver of drivers) {
    const recognised = driver(resource);
    if (recognised) return recognised;
  }
  return undefined;
}
