import type { Duplex } from 'node:stream';
import { guard, methodIn } from '@foreshock/kit';
import type { HttpEvents, Place, Served } from '../../events.ts';
import { UPGRADED, type UpgradedSocket } from '../../exchange.ts';

type Method = (this: unknown, ...args: any[]) => any;
type Patched = Record<'write' | 'end' | 'emit', Method>;

const SWITCHING_PROTOCOLS = 101;

/**
 * The application answers on the socket: its first write has the status.
 *
 * @param target the request's path
 */
export function observeHandshake(
  socket: Duplex & UpgradedSocket,
  served: Served,
  target: string,
  events: HttpEvents,
): void {
  const own = socket as unknown as Patched;
  const { emit } = own;
  let place: Place = served;
  own.emit = methodIn(emit, (_self: unknown, args) => {
    if (args[0] === 'close') guard('a handshake', () => served.aborted(reasonOf(socket)));
    return place.context;
  });
  onFirstAnswer(socket, (status) => {
    if (status !== undefined) served.answered(status);
    served.finished();
    if (status === SWITCHING_PROTOCOLS) place = socket[UPGRADED] = events.upgraded(served, target);
  });
}

/** @param listener once; undefined without status line */
export function onFirstAnswer(socket: Duplex, listener: (status: number | undefined) => void): void {
  const own = socket as unknown as Patched;
  const restore = [answerBy(own, 'write'), answerBy(own, 'end')];

  function answerBy(target: Patched, name: 'write' | 'end'): () => void {
    const inherited = !Object.hasOwn(target, name);
    const original = target[name];
    // By hand: this socket's own, removed before the original runs.
    const observing: Method = function (this: unknown, chunk: unknown) {
      guard('an answer on a bare socket', () => {
        for (const each of restore) each();
        listener(statusOf(chunk));
      });
      return original.apply(this, arguments as never);
    };
    target[name] = observing;
    return () => {
      if (target[name] !== observing) return;
      if (inherited) delete (target as Partial<Patched>)[name];
      else target[name] = original;
    };
  }
}

/** Parses `HTTP/1.1 101 Switching Protocols`. */
function statusOf(chunk: unknown): number | undefined {
  const head =
    typeof chunk === 'string' ? chunk.slice(0, 12) : Buffer.isBuffer(chunk) ? chunk.toString('latin1', 0, 12) : '';
  const match = /^HTTP\/1\.[01] ([1-9][0-9]{2})$/.exec(head);
  return match ? Number(match[1]) : undefined;
}

function reasonOf(socket: Duplex): string | undefined {
  return socket.readableEnded || socket.errored ? undefined : 'server_disconnected';
}
