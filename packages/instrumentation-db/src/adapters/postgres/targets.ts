import type { ConnectionTarget, DriverConnection } from '@foreshock/kit';

export interface PostgresTarget extends ConnectionTarget {
  system: string;
}

/** `parseOptions` in postgres/src/index.js. */
export interface Options {
  host: readonly string[];
  port: readonly (number | string)[];
  /** Of a Unix socket. */
  path?: string | false;
  database?: string;
  onnotify?: (channel: string, payload: string) => unknown;
}

/** By its queries' `state`. */
const targets = new WeakMap<object, PostgresTarget>();

export function noteTarget(state: object, target: PostgresTarget): void {
  if (!targets.has(state)) targets.set(state, target);
}

export function postgresConnection(resource: object): DriverConnection | undefined {
  const target = targets.get(resource);
  return target && { connection: resource, ...target };
}

/** Which of several hosts answered is unknown. */
export function targetOfOptions({ host, port, path, database }: Options): PostgresTarget {
  const isOne = host.length === 1 && !path;
  return {
    system: 'postgresql',
    host: path || (isOne ? host[0] : undefined),
    port: isOne ? Number(port[0]) : undefined,
    database,
  };
}
