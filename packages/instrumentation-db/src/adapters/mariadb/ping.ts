import { dependencies, type ConnectionTarget, type Dependency } from '@foreshock/kit';
import { LOGIN_MS, oneLogin } from '../../login.ts';

interface PingConnection {
  readonly socket?: { unref?(): void };
  /** Of its connecting. */
  readonly timeout?: { unref?(): void } | null;
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  ping(parameters: object, resolve: () => void, reject: (error: unknown) => void): void;
  end(parameters: object, resolve: () => void, reject: () => void): void;
  destroy(): void;
}

/** mariadb/lib/connection.js. */
type ConnectionClass = new (options: object) => PingConnection;

const noted = new WeakSet<object>();
/** Connections of a pool share it. */
const passwords = new WeakMap<Dependency, unknown>();

/** For `/readyz`, as mysql2's: a connection without a login counts as failed. */
export function notePing(connection: { opts: object }, target: ConnectionTarget & { system: string }): void {
  const known = dependencies();
  if (!known || noted.has(connection)) return;
  noted.add(connection);
  const { system, host, port } = target;
  const dependency = known.note({ system, address: host, port });
  const { password } = connection.opts as { password?: unknown };
  // The newest: passwords change.
  if (!dependency || (passwords.has(dependency) && passwords.get(dependency) === password)) return;
  passwords.set(dependency, password);
  const Class = connection.constructor as ConnectionClass;
  // Each connection's options are an emitter of its own.
  const { _events, _eventsCount, _maxListeners, ...options } = connection.opts as Record<string, unknown>;
  dependency.ask = oneLogin(() => ping(Class, options), dependency);
}

/** Never destroyed under way: that makes a further connection, for a `KILL` (lib/connection.js, `destroy`). */
async function ping(Class: ConnectionClass, options: object): Promise<void> {
  const connection = new Class({ ...options, connectTimeout: LOGIN_MS });
  connection.on('error', () => {});
  // It ends itself when it fails.
  const connected = connection.connect();
  connection.socket?.unref?.();
  connection.timeout?.unref?.();
  await connected;
  const limit = { opts: { timeout: LOGIN_MS } };
  await new Promise<void>((resolve, reject) => connection.ping(limit, resolve, reject));
  const gone = (): void => connection.destroy();
  connection.end({}, gone, gone);
}
