import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { dependencies, suppressed, type ConnectionTarget } from '@foreshock/kit';

interface PingConnection {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  ping(parameters: object, resolve: () => void, reject: (error: unknown) => void): void;
  end(parameters: object, resolve: () => void, reject: () => void): void;
  destroy(): void;
}

/** mariadb/lib/connection.js. */
type ConnectionClass = new (options: object) => PingConnection;

const noted = new WeakSet<object>();

/** For `/readyz`, as mysql2's: a connection without a login counts as failed. */
export function notePing(connection: { opts: object }, target: ConnectionTarget & { system: string }): void {
  const known = dependencies();
  if (!known || noted.has(connection)) return;
  noted.add(connection);
  const { system, host, port } = target;
  const dependency = known.note({ system, address: host, port });
  if (!dependency || dependency.ask) return;
  const Class = connection.constructor as ConnectionClass;
  // Each connection's options are an emitter of its own.
  const { _events, _eventsCount, _maxListeners, ...options } = connection.opts as Record<string, unknown>;
  dependency.ask = (ms) => context.with(suppressed(ROOT_CONTEXT), ping, undefined, Class, options, ms);
}

async function ping(Class: ConnectionClass, options: object, ms: number): Promise<void> {
  const connection = new Class(options);
  connection.on('error', () => {});
  const timer = setTimeout(() => connection.destroy(), ms);
  try {
    await connection.connect();
    await new Promise<void>((resolve, reject) => connection.ping({}, resolve, reject));
    const gone = (): void => connection.destroy();
    connection.end({}, gone, gone);
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
