import { bindOnce, preceded, type ConnectionTarget, type DriverConnection, type Hooks } from '@foreshock/kit';

const SYSTEM = 'mongodb';

type Target = ConnectionTarget & { system: string };
type Callback = (this: unknown, ...args: unknown[]) => unknown;

/** `HostAddress` of mongodb/lib/utils.js. */
interface HostAddress {
  host?: string;
  port?: number;
  socketPath?: string;
}

/** mongodb/lib/cmap/connection.js knows only its socket's address. */
const targets = new WeakMap<object, Target>();

export function mongodbConnection(resource: object): DriverConnection | undefined {
  const target = targets.get(resource);
  return target && { connection: resource, ...target };
}

/** Host and port of sockets opened while nothing was hooked. */
export function targetOfConnection(connection: { address?: unknown }): Target {
  let target = targets.get(connection);
  if (target) return target;
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(String(connection.address)) ?? [];
  target = { system: SYSTEM, host, port: port === undefined ? undefined : Number(port) };
  targets.set(connection, target);
  return target;
}

function targetOfAddress({ socketPath, host, port }: HostAddress): Target {
  return { system: SYSTEM, host: socketPath ?? host, port: socketPath === undefined ? port : undefined };
}

/** Connections, monitors and timers outlive their request; who asks for one keeps its context. */
export function detachConnections(hooks: Hooks): void {
  // By `ConnectionPool.createConnection` and `Monitor`; before 6.4 with callback.
  hooks.onLoad('mongodb/lib/cmap/connect.js', ({ exports }) => {
    hooks.detach(exports, 'connect');
    hooks.calls(exports, 'connect', {
      begin(_self, args: [{ hostAddress?: HostAddress }, Callback | undefined]) {
        const [{ hostAddress }, callback] = args;
        if (!hostAddress) return undefined;
        const target = targetOfAddress(hostAddress);
        if (typeof callback === 'function') {
          const opened = (_self: unknown, [, connection]: unknown[]): void => remember(connection, target);
          args[1] = preceded(callback, opened, 'mongodb connect', hooks);
        }
        return target;
      },
      succeeded: (target, connection) => remember(connection, target),
    });
  });
  hooks.onLoad('mongodb/lib/cmap/connection_pool.js', ({ exports: { ConnectionPool } }) => {
    hooks.detach(ConnectionPool.prototype, 'ensureMinPoolSize');
    // Before 6.4, called back where a connection returned.
    hooks.before(ConnectionPool.prototype, 'checkOut', (_pool, args: [unknown]) => {
      if (typeof args[0] === 'function') args[0] = bindOnce(args[0] as Callback);
    });
  });
  hooks.onLoad('mongodb/lib/sdam/monitor.js', ({ exports: { Monitor } }) => {
    for (const method of ['connect', 'requestCheck', 'reset']) hooks.detach(Monitor.prototype, method);
  });
  hooks.onLoad('mongodb/lib/sdam/srv_polling.js', ({ exports: { SrvPoller } }) => {
    hooks.detach(SrvPoller.prototype, 'schedule');
  });
}

/** @param connection undefined with a callback, or unopened */
function remember(connection: unknown, target: Target): void {
  if (typeof connection === 'object' && connection !== null) targets.set(connection, target);
}
