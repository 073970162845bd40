import { context } from '@opentelemetry/api';
import { ConnectionOpening, guard, openingOf, rememberOpening, targetOf, type Hooks } from '@foreshock/kit';

interface Emitter {
  once(event: string, listener: () => void): unknown;
}

/** `mysql2/lib/base/connection.js`, or a pool's `PoolConnection`. */
interface Connection {
  config: { host?: string; port?: number; database?: string; socketPath?: string; isServer?: unknown };
  stream?: Emitter & { connecting?: boolean };
  _pool?: unknown;
  /** `ClientHandshake`, which ends when the log-in is over or has failed. */
  _command?: Emitter | null;
  _handshakePacket: unknown;
}

/** The constructor connects. */
export function observeOpening(of: object): void {
  const connection = of as Connection;
  const { config, stream, _command: handshake } = connection;
  if (!stream?.connecting || !handshake || config.isServer) return;
  const opening = new ConnectionOpening(targetOf('mysql', config), context.active());
  rememberOpening(connection, opening);
  opening.observe(stream, 'login');
  // The connection's own listener was added before; a pool sets itself after the constructor.
  handshake.once('end', () =>
    guard('mysql2 connect', () => {
      if (connection._handshakePacket && !connection._pool) opening.ready();
      else opening.over();
    }),
  );
}

/** After the greeting; then the log-in goes on. */
export function wrapStartTls(prototype: { startTLS?: unknown }, hooks: Hooks): void {
  hooks.before(prototype, 'startTLS', (connection, args) => {
    const [onSecure] = args as [(error?: unknown) => unknown];
    const opening = openingOf(connection);
    if (!opening || typeof onSecure !== 'function') return;
    opening.entered('tls');
    args[0] = function (this: unknown, error?: unknown) {
      guard('mysql2 connect', () => opening.entered('login'));
      return onSecure.call(this, error);
    };
  });
}
