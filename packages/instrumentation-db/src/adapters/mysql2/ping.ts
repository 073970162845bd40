import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { dependencies, suppressed, type ConnectionTarget } from '@foreshock/kit';

interface PingConnection {
  on(event: 'error', listener: () => void): unknown;
  ping(callback: (error: unknown) => void): void;
  end(callback: () => void): void;
  destroy(): void;
}

/** The class of `mysql2/lib/base/connection.js` (`lib/connection.js` before 3.11.5). */
export type ConnectionClass = new (options: { config: object }) => PingConnection;

const noted = new WeakSet<object>();

/**
 * For `/readyz`. MySQL counts connections without login as failed (`max_connect_errors`): the application's library
 * logs in.
 */
export function notePing(
  Connection: ConnectionClass,
  config: object,
  target: ConnectionTarget & { system: string },
): void {
  const known = dependencies();
  if (!known || noted.has(config)) return;
  noted.add(config);
  const { system, host, port } = target;
  const dependency = known.note({ system, address: host, port });
  if (dependency)
    dependency.ask ??= (ms) => context.with(suppressed(ROOT_CONTEXT), ping, undefined, Connection, config, ms);
}

function ping(Connection: ConnectionClass, config: object, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = new Connection({ config });
    const timer = setTimeout(() => connection.destroy(), ms);
    // The callback has it, too.
    connection.on('error', () => {});
    connection.ping((error) => {
      if (error) {
        clearTimeout(timer);
        connection.destroy();
        return reject(error);
      }
      connection.end(() => {
        clearTimeout(timer);
        connection.destroy();
      });
      resolve();
    });
  });
}
