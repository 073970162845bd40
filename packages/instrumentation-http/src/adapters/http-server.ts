import type * as Http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorTypeOf, guard, report, type Hooks } from '@foreshock/kit';
import type { HttpEvents, Served } from '../events.ts';
import { SERVED, type Carrier } from '../exchange.ts';
import { watchHandshake } from './http-handshake.ts';
import { hasHeader, wrapEmit } from './http-message.ts';

/** As lib/_http_outgoing.js has it. */
interface Response extends ServerResponse, Carrier {
  _events?: Record<PropertyKey, unknown>;
  _storeHeader(firstLine: string, headers: unknown): void;
}

/** Requests whose connection ran into a time-out of the server's; nobody may have listened. */
const timedOut = new WeakSet<Served>();

/**
 * What is patched of a server: `emit` of the server and of responses, and `_storeHeader`, which writes the head.
 *
 * A request runs in its context from `Server.emit` on (lib/_http_server.js calls it for each), not from the
 * channel `http.server.request.start` with `context.attach`: that costs the same, needs API 1.10, and on
 * Node 22 leaves the context on the connection, for the next keep-alive request to find.
 */
export function attachServer(http: typeof Http, events: HttpEvents, hooks: Hooks): void {
  wrapServer(http.Server, events, hooks);
  wrapEmit(http.ServerResponse.prototype as Response, hooks, hearResponse);
  hooks.wrap(http.ServerResponse.prototype as Response, '_storeHeader', (original) => {
    return function _storeHeader(this: Response, firstLine: string, headers: unknown) {
      if (!hooks.active) return original.call(this, firstLine, headers);
      const served = this[SERVED];
      const text = served ? served.traceText : guard('x-trace-id of a response', () => events.traceTextHere());
      // Not by `setHeader`: that costs the application the quick way through `writeHead`, and Koa's error
      // handler, whose answer is the one to quote, removes what is set.
      if (text === undefined || hasHeader(headers, 'x-trace-id')) return original.call(this, firstLine, headers);
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
          served = receive(request, second, events);
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
function receive(request: IncomingMessage & Carrier, response: Response, events: HttpEvents): Served | undefined {
  // Whoever emits 'request' with objects of another kind has another idea of how they end.
  if (typeof response?._storeHeader !== 'function' || !request?.socket || request[SERVED]) return undefined;
  const served = events.received(request);
  if (!served) return undefined;
  request[SERVED] = served;
  response[SERVED] = served;
  if (response.socket === null) waitInLine(request.socket, response, served);
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

function hearResponse(response: Response, event: PropertyKey): Served | undefined {
  const served = response[SERVED];
  if (!served) return undefined;
  if (event === 'finish') {
    served.finished(response.statusCode);
    // One listener is Node's own, `resOnFinish`.
    if (typeof response._events?.['finish'] === 'function') return undefined;
  } else if (event === 'close') {
    served.aborted(response.headersSent ? response.statusCode : undefined, reasonOf(response, served));
  } else if (event === 'timeout') {
    timedOut.add(served);
  }
  return served;
}

/** Why a response was closed before it was finished. */
function reasonOf(response: Response, served: Served): string {
  const socket = response.socket ?? response.req.socket;
  if (hungUp(socket)) return 'client_disconnected';
  if (timedOut.has(served)) return 'timeout';
  return response.errored ? errorTypeOf(response.errored) : 'server_disconnected';
}

/** The other side closed or reset the connection; else it was us. */
function hungUp(socket: Socket | null): boolean {
  if (!socket) return false;
  const code = (socket.errored as { code?: unknown } | null)?.code;
  return socket.readableEnded || code === 'ECONNRESET' || code === 'EPIPE';
}

const lines = new WeakMap<Socket, Map<Response, Served>>();

/**
 * A pipelined response waits without a socket for those before it; when the connection goes away meanwhile,
 * Node 22 tells it nothing (`abortOutgoing` of lib/_http_server.js came with 24).
 */
function waitInLine(socket: Socket, response: Response, served: Served): void {
  let line = lines.get(socket);
  if (!line) {
    const waiting = (line = new Map<Response, Served>());
    lines.set(socket, line);
    // One listener a connection, however many requests it pipelines.
    socket.once('close', () => {
      for (const [left, each] of waiting) {
        if (!left.writableFinished) guard('a pipelined request', () => each.aborted(undefined, reasonOf(left, each)));
      }
    });
  }
  line.set(response, served);
}
