import type { EventEmitter } from 'node:events';
import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import {
  ConnectionOpening,
  dependencies,
  guard,
  HandOver,
  plainSettings,
  rememberOpening,
  type Hooks,
} from '@foreshock/kit';
import type { Client, Clients } from './clients.ts';

interface Connecting {
  client: Client;
  asked: Context;
}

/** A socket's newest. */
interface Followed {
  opening: ConnectionOpening;
}

/**
 * `connect` of a client calls its socket's (dist/lib/client/socket.js) synchronously, which emits `connect` after look-up
 * and handshakes, `ready` after the log-in, `error` when an attempt has failed, `reconnecting` before each other one. The
 * socket below is private.
 */
export function attachOpenings(clients: Clients, hooks: Hooks): void {
  const connecting = new HandOver<Connecting>();
  const followed = new WeakMap<object, Followed>();

  for (const name of ['@redis/client', '@node-redis/client']) {
    hooks.onLoad(`${name}/dist/lib/client/index.js`, ({ exports }) => {
      hooks.calls(exports.default.prototype, 'connect', {
        begin(client: Client): Connecting {
          const own = client._self ?? client;
          noteSettings(own, clients);
          return { client: own, asked: context.active() };
        },
        handOver: connecting,
      });
    });
    hooks.onLoad(`${name}/dist/lib/client/socket.js`, ({ exports }) => {
      hooks.before(exports.default.prototype, 'connect', (socket: EventEmitter) => {
        const offered = connecting.take();
        if (offered) follow(socket, offered);
      });
    });
  }

  function follow(socket: EventEmitter, { client, asked }: Connecting): void {
    const known = followed.get(socket);
    if (known) return void (known.opening = begin(client, asked));
    const state: Followed = { opening: begin(client, asked) };
    followed.set(socket, state);
    const on = (event: string, fn: () => void): void => void socket.on(event, () => guard('redis connect', fn));
    on('connect', () => state.opening.entered('login'));
    on('ready', () => state.opening.ready());
    // A pause follows. The client's own listener comes first.
    on('error', () => state.opening.over());
    on('reconnecting', () => {
      state.opening.over();
      state.opening = begin(client, ROOT_CONTEXT);
    });
  }

  function begin(client: Client, asked: Context): ConnectionOpening {
    return rememberOpening(client, new ConnectionOpening(clients.serverOf(client), asked));
  }
}

function noteSettings(client: Client, clients: Clients): void {
  dependencies()?.settings.note('redis', client, (each) => {
    const { host, port } = clients.serverOf(each);
    return { name: host && `${host}:${port}`, values: plainSettings(each.options) };
  });
}
