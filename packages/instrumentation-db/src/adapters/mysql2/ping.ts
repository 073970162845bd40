import { dependencies, type ConnectionTarget } from '@foreshock/kit';
import { LOGIN_MS, LoginTimeOut, oneLogin } from '../../login.ts';

interface PingConnection {
  readonly stream?: { unref?(): void };
  /** Its own. */
  readonly connectTimeout?: { unref?(): void } | null;
  on(event: 'error', listener: () => void): unknown;
  ping(callback: (error: unknown) => void): void;
  end(callback: () => void): void;
  destroy(): void;
}

/** The class of `mysql2/lib/base/connection.js` (`lib/connection.js` before 3.11.5). */
export type ConnectionClass = new (options: { config: object }) => PingConnection;

/** Configurations, and the system they were noted for: MariaDB is known only after its greeting. */
const noted = new WeakMap<object, string>();

/**
 * For `/readyz`. MySQL counts connections without login as failed (`max_connect_errors`): the application's library
 * logs in, and does not leave before.
 */
export function notePing(
  Connection: ConnectionClass,
  config: object,
  target: ConnectionTarget & { system: string },
): void {
  const known = dependencies();
  const { system, host, port } = target;
  if (!known || noted.get(config) === system) return;
  noted.set(config, system);
  const dependency = known.note({ system, address: host, port });
  // The newest: passwords change.
  if (dependency) dependency.ask = oneLogin(() => ping(Connection, config), dependency);
}

function ping(Connection: ConnectionClass, config: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = new Connection({ config });
    const gone = (): void => connection.destroy();
    const timer = setTimeout(() => {
      gone();
      reject(new LoginTimeOut());
    }, LOGIN_MS).unref();
    connection.stream?.unref?.();
    connection.connectTimeout?.unref?.();
    // The callback has it, too.
    connection.on('error', () => {});
    connection.ping((error) => {
      clearTimeout(timer);
      if (error) {
        gone();
        return reject(error);
      }
      connection.end(gone);
      resolve();
    });
  });
}
