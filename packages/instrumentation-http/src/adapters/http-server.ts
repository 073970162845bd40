import type * as Http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorTypeOf, guard, report, type Hooks } from '@foreshock/kit';
import type { HttpEvents, Served } from '../events.ts';
import { SERVED, type Carrier } from '../exchange.ts';
import { watchHandshake } from './http-handshake.ts';
import { hasHeader } from './http-headers.ts';
import { emitInOnceHeard } from './http-message.ts';

/** As lib/_http_outgoing.js has it. */
interface Response extends ServerResponse, Carrier {
  _storeHeader(firstLine: string, headers: unknown): void;
}

const LINE = Symbol('foreshock.line');

interface Connection extends Socket {
  /** lib/_http_server.js, `connectionListenerInternal`. */
  server?: unknown;
  [LINE]?: Line;
}

/** The responses of a connection that are not finished. */
class Line {
  timedOut = false;
  #only: Response | undefined;
  /** Requests are pipelined. */
  #more: Set<Response> | undefined;

  begun(response: Response): void {
    if (this.#only) (this.#more ??= new Set()).add(response);
    else this.#only = response;
  }

  ended(response: Response): void {
    if (this.#only === response) this.#only = undefined;
    else this.#more?.delete(response);
  }

  get open(): Response[] {
    return [...(this.#only ? [this.#only] : []), ...(this.#more ?? [])];
  }
}

/**
 * What is patched of a server: `emit` of the server, `_storeHeader` of responses, which writes the head, and what adds
 * listeners to requests and responses.
 *
 * A request runs in its context from `Server.emit` on (lib/_http_server.js calls it for each), not from the
 * channel `http.server.request.start` with `context.attach`: that costs the same, needs API 1.10, and on
 * Node 22 leaves the context on the connection, for the next keep-alive request to find.
 */
export function attachServer(http: typeof Http, events: HttpEvents, hooks: Hooks): void {
  wrapServer(http.Server, events, hooks);
  emitInOnceHeard(http.IncomingMessage.prototype as IncomingMessage & Carrier, hooks, (request) => request[SERVED]);
  emitInOnceHeard(http.ServerResponse.prototype as Response, hooks, (response) => response[SERVED]);
  hooks.onChannel<{ request: IncomingMessage & Carrier; response: Response; socket: Connection }>(
    'http.server.response.finish',
    ({ request, response, socket }) => {
      const served = response[SERVED];
      if (!served) return;
      served.finished(response.statusCode);
      socket[LINE]?.ended(response);
      // Node itself listens for the end of a request that nobody reads, from here on.
      request[SERVED] = undefined;
    },
  );
  hooks.wrap(http.ServerResponse.prototype as Response, '_storeHeader', (original) => {
    return function _storeHeader(this: Response, firstLine: string, headers: unknown) {
      if (!hooks.active) return original.call(this, firstLine, headers);
      const served = this[SERVED];
      const text = served ? served.traceText : guard('x-trace-id of a response', () => events.traceTextHere());
      // Not by `setHeader`: that costs the application the quick way through `writeHead`, and Koa's error
      // handler, whose answer is the one to quote, removes what is set.
      if (text === undefined || hasHeader(this, headers, 'x-trace-id')) return original.call(this, firstLine, headers);
      return original.call(this, `${firstLine}x-trace-id: ${text}\r\n`, headers);
    };
  });
}

/** `http.Server` and `https.Server`, each of which inherits `emit` from elsewhere. */
export function wrapServer(ServerClass: { prototype: Http.Server }, events: HttpEvents, hooks: Hooks): void {
  hooks.wrap(ServerClass.prototype, 'emit', (original) => {
    return function emit(this: Http.Server, event: PropertyKey, request: any, second: any) {
      if (!hooks.active) return original.apply(this, arguments as never);
      let served: Served | undefined;
      try {
        if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
          served = receive(this, request, second, events);
        } else if (event === 'upgrade' || event === 'connect') {
          served = receiveUpgrade(request, second, events);
        }
      } catch (error) {
        report('an HTTP request received', error);
      }
      return served ? served.run(original, this, arguments as never) : original.apply(this, arguments as never);
    };
  });
}

/** Undefined also for a request that is passed on: from `checkContinue` to `request`, from one server to another. */
function receive(
  server: Http.Server,
  request: IncomingMessage & Carrier,
  response: Response,
  events: HttpEvents,
): Served | undefined {
  // Whoever emits 'request' with objects of another kind has another idea of how they end.
  if (typeof response?._storeHeader !== 'function' || !request?.socket || response[SERVED]) return undefined;
  const served = events.received(request);
  if (!served) return undefined;
  request[SERVED] = served;
  response[SERVED] = served;
  const socket: Connection = request.socket;
  if (socket.server === server) lineOf(socket).begun(response);
  else watchAlone(response, served);
  return served;
}

function receiveUpgrade(request: IncomingMessage & Carrier, socket: Duplex, events: HttpEvents): Served | undefined {
  if (!request?.socket || request[SERVED]) return undefined;
  const served = events.received(request);
  if (!served) return undefined;
  request[SERVED] = served;
  watchHandshake(socket, served);
  return served;
}

/** The connection's, with the two listeners that tell its end: two a connection, however many requests. */
function lineOf(socket: Connection): Line {
  const known = socket[LINE];
  if (known) return known;
  // First, while the response is still as the application left it.
  socket.prependOnceListener('close', closed);
  socket.on('timeout', ranIntoTimeOut);
  return (socket[LINE] = new Line());
}

function ranIntoTimeOut(this: Connection): void {
  this[LINE]!.timedOut = true;
}

function closed(this: Connection): void {
  for (const response of this[LINE]!.open) {
    guard('a connection closed', () => response[SERVED]?.aborted(statusOf(response), reasonOf(response, this)));
  }
}

/** A request without a connection: somebody feeds a server from a queue or a function's event. */
function watchAlone(response: Response, served: Served): void {
  response.once('finish', () => guard('a response', () => served.finished(response.statusCode)));
  response.once('close', () => guard('a response', () => served.aborted(statusOf(response), 'server_disconnected')));
}

function statusOf(response: Response): number | undefined {
  return response.headersSent ? response.statusCode : undefined;
}

/** Why a response was not finished: the other side closed or reset the connection, or it was us. */
function reasonOf(response: Response, socket: Connection): string {
  const code = (socket.errored as { code?: unknown } | null)?.code;
  if (socket.readableEnded || code === 'ECONNRESET' || code === 'EPIPE') return 'client_disconnected';
  if (socket[LINE]?.timedOut) return 'timeout';
  return response.errored ? errorTypeOf(response.errored) : 'server_disconnected';
}
