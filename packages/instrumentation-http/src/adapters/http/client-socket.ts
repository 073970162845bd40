import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { guard } from '@foreshock/kit';
import type { Sent } from '../../events.ts';
import { isResolving } from '../../host-name.ts';

/** A request that has a socket, as lib/_http_client.js has it. */
export interface Assigned extends ClientRequest {
  socketPath?: string;
  /** 0 when the request was ended without a body; null or more with one. */
  _contentLength?: number | null;
}

/** On a socket that a request has gone over. */
const SEEN = Symbol('foreshock.seen');

interface SeenSocket extends Socket {
  [SEEN]?: true;
  /** Of a `TLSSocket`. */
  secureConnecting?: boolean;
}

/** Tells the phases of a call from the socket it was given. */
export function watchConnection(request: Assigned, socket: SeenSocket, sent: Sent): void {
  if (!socket) return;
  const seen = socket[SEEN];
  socket[SEEN] = true;
  const isSent = (): void => sent.entered(hasBody(request) ? 'send' : 'ttfb');
  const once = (event: string, hear: () => void): void => void socket.once(event, () => guard('a connection', hear));
  if (socket.connecting) {
    const named = isResolving(socket, request.host) && !request.socketPath;
    sent.entered(named ? 'dns' : 'connect');
    if (named) once('lookup', () => sent.entered('connect'));
    const encrypted = 'encrypted' in socket;
    once('connect', () => (encrypted ? sent.entered('tls') : isSent()));
    if (encrypted) once('secureConnect', isSent);
    return;
  }
  // Not `reusedSocket` alone: an agent does not set it for a request that stood in line.
  if (seen || request.reusedSocket) {
    sent.reused();
    return isSent();
  }
  // Somebody has connected it for this request: an agent through its proxy, mostly.
  sent.entered('proxy', 0);
  if (!socket.secureConnecting) return isSent();
  sent.entered('tls');
  once('secureConnect', isSent);
}

/** A request whose end came before its head has all of it in there (`end` of lib/_http_outgoing.js). */
function hasBody(request: Assigned): boolean {
  return !request.writableEnded || request._contentLength !== 0;
}
