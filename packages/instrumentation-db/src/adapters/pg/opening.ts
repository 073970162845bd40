import { context } from '@opentelemetry/api';
import { ConnectionOpening, guard, HandOver, rememberOpening, type Hooks } from '@foreshock/kit';

interface Emitter {
  once(event: string, listener: () => void): unknown;
}

/** `pg/lib/client.js`. */
interface OpeningClient {
  host?: string;
  port?: number;
  database?: string;
  _connecting?: boolean;
  _connected?: boolean;
  ssl?: unknown;
  /** pg/lib/connection.js; its stream is there before it connects, another one after the change to TLS. */
  connection?: Emitter & { stream?: Emitter };
}

/** Called after `connect` is detached, so that the caller is still known. */
export function wrapConnect(prototype: object, hooks: Hooks): void {
  /** `Pool#newClient` (pg-pool/index.js) calls `connect` synchronously. */
  const pooling = new HandOver<true>();
  hooks.onLoad(
    'pg-pool/index.js',
    ({ exports }) => hooks.calls(exports.prototype, 'newClient', { begin: () => true, handOver: pooling }),
    { versions: '>=3.2.0 <4' },
  );
  hooks.before(prototype as { connect: unknown }, 'connect', (client: OpeningClient) => {
    const asked = pooling.take() ? undefined : context.active();
    const { connection, host, port, database, ssl, _connecting, _connected } = client;
    if (!connection?.stream || _connecting || _connected) return;
    const opening = new ConnectionOpening({ system: 'postgresql', host, port, database }, asked);
    rememberOpening(client, opening);
    opening.observe(connection.stream, ssl ? 'tls' : 'login');
    const once = (emitter: Emitter, event: string, fn: () => void): void =>
      void emitter.once(event, () => guard('pg connect', fn));
    // Emitted as the handshake begins.
    if (ssl)
      once(connection, 'sslconnect', () => once(connection.stream!, 'secureConnect', () => opening.entered('login')));
    once(connection, 'readyForQuery', () => opening.ready());
    once(connection, 'end', () => opening.over());
  });
}
