import type { Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { observeSockets, type Socket } from '../../socket-io.ts';

interface ServerSocket extends Socket {
  /** Counts for all its sockets: `ids` in 2. */
  nsp: { name: string; _ids?: number; ids?: number };
  listenerCount(event: string): number;
}

/** socket.io 2: lib/socket.js; 3 and 4: dist/socket.js (socket-io.ts). */
export const socketIo: Adapter<HttpEvents> = {
  library: 'socket.io',
  versions: '>=2.5.0 <5',
  upstream: ['@opentelemetry/instrumentation-socket.io'],
  shows: ['spans', 'parent'],
  summary: 'events whose handlers do something traced: `process order`, a trace each; those sent that are acknowledged',
  attach(events, hooks) {
    const attach = (prototype: ServerSocket): void =>
      observeSockets(prototype, events, hooks, {
        namespaceOf: ({ nsp }) => nsp.name,
        nextIdOf: ({ nsp }) => nsp._ids ?? nsp.ids,
        isHeard: (socket, event) => socket.listenerCount(event) > 0,
        timeoutOf: ({ flags }) => flags?.timeout,
        closesForGood: true,
      });
    hooks.onLoad('socket.io/lib/socket.js', ({ exports }) => attach(exports.prototype));
    hooks.onLoad('socket.io/dist/socket.js', ({ exports }) => attach(exports.Socket.prototype));
  },
};
