import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { guard } from '@foreshock/kit';
import type { Sent } from '../../events.ts';
import { isResolving } from '../../host-name.ts';

/** Fields of lib/_http_client.js. */
export interface Assigned extends ClientRequest {
  socketPath?: string;
  /** 0 without body; else null or more. */
  _contentLength?: number | null;
}

/** On a used socket; a `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const SEEN = Symbol('foreshock.seen');

interface SeenSocket extends Socket {
  [SEEN]?: true;
  /** Of a `TLSSocket`. */
  secureConnecting?: boolean;
}

export function observeConnection(request: Assigned, socket: SeenSocket, sent: Sent): void {
  if (!socket) return;
  const seen = socket[SEEN];
  socket[SEEN] = true;
  const isSent = (): void => sent.entered(hasBody(request) ? 'send' : 'ttfb');
  const once = (event: string, listener: () => void): void =>
    void socket.once(event, () => guard('a connection', listener));
  if (socket.connecting) {
    const named = isResolving(socket, request.host) && !request.socketPath;
    sent.entered(named ? 'dns' : 'connect');
    if (named) once('lookup', () => sent.entered('connect'));
    const encrypted = 'encrypted' in socket;
    once('connect', () => (encrypted ? sent.entered('tls') : isSent()));
    if (encrypted) once('secureConnect', isSent);
    return;
  }
  // Queued ones lack `reusedSocket`.
  if (seen || request.reusedSocket) {
    sent.reused();
    return isSent();
  }
  // Mostly through a proxy.
  sent.entered('proxy', 0);
  if (!socket.secureConnecting) return isSent();
  sent.entered('tls');
  once('secureConnect', isSent);
}

/** A request ended before its head has its body there (lib/_http_outgoing.js, `end`). */
function hasBody(request: Assigned): boolean {
  return !request.writableEnded || request._contentLength !== 0;
}
