import type { Duplex } from 'node:stream';
import { bindOnce, methodIn, type Adapter, type AnyFunction } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { UPGRADED, type UpgradedSocket } from '../../exchange.ts';

/** ws/lib/websocket.js. */
interface WebSocket {
  /** Null until it is open. */
  _socket: (Duplex & UpgradedSocket) | null;
  readonly bufferedAmount: number;
  emit(event: string, ...args: unknown[]): boolean;
  send(data: unknown, ...rest: unknown[]): void;
}

/**
 * ws 7 and 8: frames that arrive together, or that were compressed, are emitted in the context of others. Listeners are
 * the application's, so `emit`; ws has no channels.
 */
export const ws: Adapter<HttpEvents> = {
  library: 'ws',
  versions: '>=7.0.0 <9',
  upstream: [],
  shows: ['spans', 'state', 'parent'],
  summary:
    'messages whose handlers do something traced: a trace each, linked to the opening request; back pressure at `send`',
  attach(events, hooks) {
    hooks.onLoad('ws/lib/websocket.js', ({ exports }) => {
      const prototype: WebSocket = exports.prototype;
      // For every message: `hooks.wrap` is cheaper.
      hooks.wrap(prototype, 'emit', (original) =>
        methodIn(original, (socket: WebSocket, args) =>
          hooks.active && args[0] === 'message' ? socket._socket?.[UPGRADED]?.context : undefined,
        ),
      );
      hooks.before(prototype, 'send', (socket: WebSocket, args: unknown[]) => {
        // Queued frames are written in another's context.
        const last = args.length - 1;
        if (typeof args[last] === 'function') args[last] = bindOnce(args[last] as AnyFunction);
        const waiting = socket._socket;
        if (waiting && isFull(waiting, socket)) events.sendingBehind(socket.bufferedAmount);
      });
    });
  },
};

/** By Node's own measure; compressed frames wait outside it. */
function isFull({ writableHighWaterMark }: Duplex, { bufferedAmount }: WebSocket): boolean {
  return bufferedAmount >= writableHighWaterMark;
}
