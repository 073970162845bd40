import type * as Http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CALLBACKS_RESTORE_CONTEXT, guard, methodIn, report, type Hooks } from '@foreshock/kit';
import type { HttpEvents, Served } from '../../events.ts';
import { SERVED, type Carrier } from '../../exchange.ts';
import { begun, ended, isReading, refuses, type Connection } from './connection.ts';
import { observeHandshake } from './handshake.ts';
import { hasHeader } from '../../http-headers.ts';
import { emitInOnceListened } from '../../emit-in.ts';

/** Fields of lib/_http_outgoing.js. */
interface Response extends ServerResponse, Carrier {
  _header: string;
  _storeHeader(firstLine: string, headers: unknown): void;
}

/**
 * `Server.emit` (lib/_http_server.js): by the channel `http.server.request.start` the context leaks on Node 22 to the
 * next keep-alive request.
 */
export function attachServer(http: typeof Http, events: HttpEvents, hooks: Hooks): void {
  wrapServer(http.Server, events, hooks);
  emitInOnceListened(http.IncomingMessage.prototype as IncomingMessage & Carrier, hooks, (request) => request[SERVED]);
  emitInOnceListened(http.ServerResponse.prototype as Response, hooks, (response) => response[SERVED]);
  hooks.onChannel<{ request: IncomingMessage & Carrier; response: Response; socket: Connection }>(
    'http.server.response.finish',
    ({ request, response, socket }) => {
      const served = response[SERVED];
      if (!served) return;
      served.finished();
      ended(socket, response);
      // From now, Node listens for unread requests' ends.
      request[SERVED] = undefined;
    },
  );
  // By hand: on every response, changing the original's result.
  hooks.wrap(http.ServerResponse.prototype as Response, '_storeHeader', (original) => {
    return function _storeHeader(this: Response, firstLine: string, headers: unknown) {
      if (!hooks.active) return original.call(this, firstLine, headers);
      const served = this[SERVED];
      let text: string | undefined;
      try {
        served?.answered(this.statusCode);
        text = served ? served.traceText : events.traceTextHere();
        if (hasHeader(this, headers, 'x-trace-id')) text = undefined;
      } catch (error) {
        report('x-trace-id of a response', error);
      }
      const result = original.call(this, firstLine, headers);
      // `setHeader` would disable `writeHead`'s fast path; Koa's error handler removes headers.
      if (text !== undefined) this._header = `${this._header.slice(0, -2)}x-trace-id: ${text}\r\n\r\n`;
      return result;
    };
  });
}

/** `http.Server` and `https.Server` inherit different `emit`. `methodIn` adds only one frame to a request. */
export function wrapServer(ServerClass: { prototype: Http.Server }, events: HttpEvents, hooks: Hooks): void {
  hooks.wrap(ServerClass.prototype, 'emit', (original) =>
    methodIn(
      original,
      (server: Http.Server, args) => {
        if (!hooks.active) return undefined;
        const event: unknown = args[0];
        if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
          return receive(server, args[1], args[2], events)?.context;
        }
        if (event === 'upgrade' || event === 'connect') return receiveUpgrade(args[1], args[2], events)?.context;
        if (event === 'clientError') refuses(args[2], args[1]);
        return undefined;
      },
      // An application may emit it later, elsewhere.
      CALLBACKS_RESTORE_CONTEXT ? (_server, args) => isReading(args[1].socket, args[1]) : undefined,
    ),
  );
}

/** Undefined if forwarded, as from `checkContinue`. */
function receive(
  server: Http.Server,
  request: IncomingMessage & Carrier,
  response: Response,
  events: HttpEvents,
): Served | undefined {
  // Others' objects have unknown ends.
  if (typeof response?._storeHeader !== 'function' || !request?.socket || response[SERVED]) return undefined;
  const served = events.received(request);
  if (!served) return undefined;
  request[SERVED] = served;
  response[SERVED] = served;
  const socket: Connection = request.socket;
  if (socket.server === server) begun(socket, response);
  else observeAlone(response, served);
  return served;
}

function receiveUpgrade(request: IncomingMessage & Carrier, socket: Duplex, events: HttpEvents): Served | undefined {
  if (!request?.socket || request[SERVED]) return undefined;
  const served = events.received(request);
  if (!served) return undefined;
  request[SERVED] = served;
  observeHandshake(socket, served, request.url ?? '', events);
  return served;
}

/** A queue's or serverless event's. */
function observeAlone(response: Response, served: Served): void {
  response.once('finish', () => guard('a response', () => served.finished()));
  response.once('close', () => guard('a response', () => served.aborted('server_disconnected')));
}
