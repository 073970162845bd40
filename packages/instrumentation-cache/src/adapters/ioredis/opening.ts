import { context } from '@opentelemetry/api';
import {
  ConnectionOpening,
  dependencies,
  openingOf,
  plainSettings,
  rememberOpening,
  whenSettled,
  type Hooks,
} from '@foreshock/kit';
import type { Client, Clients } from './clients.ts';

interface OpeningClient extends Client {
  /** `ioredis/built/connectors`; makes a socket for each connection. */
  connector?: object;
}

interface Connector {
  options?: { tls?: unknown; sentinels?: unknown; enableTLSForSentinelMode?: boolean };
}

interface ConnectingSocket {
  connecting?: boolean;
  once(event: string, listener: () => void): unknown;
}

/** Called after `connect` is detached, so that the caller is still known. Also each reconnect calls it. */
export function wrapOpening(prototype: any, clients: Clients, hooks: Hooks): void {
  hooks.before(prototype, 'connect', (client: OpeningClient) => {
    dependencies()?.settings.note('ioredis', client, ({ options }) => ({
      name: options.host && `${options.host}:${options.port}`,
      values: plainSettings(options),
    }));
    if (!client.connector || openingOf(client)?.isOver === false) return;
    const opening = new ConnectionOpening(clients.serverOf(client), context.active());
    rememberOpening(client, opening);
    rememberOpening(client.connector, opening);
  });
  hooks.after(prototype, 'setStatus', (_result, client: OpeningClient, [status]) => {
    if (status === 'ready') openingOf(client)?.ready();
    else if (status === 'close' || status === 'end') openingOf(client)?.over();
  });
}

/** The socket begins to connect as the promise is resolved. */
export function wrapConnector(prototype: any, hooks: Hooks): void {
  hooks.after(prototype, 'connect', (result, connector: Connector) => {
    const opening = openingOf(connector);
    if (!opening || opening.isOver) return;
    const { tls, sentinels, enableTLSForSentinelMode } = connector.options ?? {};
    const isEncrypted = Boolean(tls) && (!sentinels || enableTLSForSentinelMode === true);
    whenSettled(
      result,
      (socket) => {
        if ((socket as ConnectingSocket | undefined)?.connecting)
          opening.observe(socket as ConnectingSocket, isEncrypted ? 'tls' : 'login');
      },
      () => opening.over(),
    );
  });
}
