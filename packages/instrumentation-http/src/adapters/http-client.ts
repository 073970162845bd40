import type * as Http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { guard, report, type Hooks } from '@foreshock/kit';
import type { HttpEvents, Sent } from '../events.ts';
import { SENT, type Carrier } from '../exchange.ts';
import { timerHere } from '../given-up.ts';
import { hasHeader, headerNamed, traceLines } from './http-headers.ts';
import { emitIn } from './http-message.ts';

/** As lib/_http_client.js has it. */
interface Request extends ClientRequest, Carrier {
  agent?: object;
  res?: IncomingMessage | null;
  socketPath?: string;
  _header: string;
  _storeHeader(firstLine: string, headers: unknown): void;
}

/**
 * What is patched of a client: `emit` of requests and responses, `destroy`, and `_storeHeader`, which writes the
 * head. The channel `http.client.request.created` comes at the end of the constructor, where the caller still is,
 * but after the head of a request with an array of headers, or `Expect`, was written.
 */
export function attachClient(http: typeof Http, events: HttpEvents, hooks: Hooks): void {
  hooks.onChannel<{ request: Request }>('http.client.request.created', ({ request }) =>
    begin(request, undefined, events),
  );
  hooks.wrap(http.ClientRequest.prototype as Request, 'emit', (original) => {
    return function emit(this: Request, event: PropertyKey) {
      const sent = this[SENT];
      if (!sent) return original.apply(this, arguments as never);
      try {
        hearRequest(this, event, arguments, sent);
      } catch (error) {
        report('an event of a request', error);
      }
      return sent.run(original, this, arguments as never);
    };
  });
  hooks.wrap(http.ClientRequest.prototype, 'destroy', (original) => {
    return function destroy(this: Request, ...args: unknown[]) {
      const sent = this[SENT];
      if (sent) guard('a request given up', () => sent.givenUp(timerHere()));
      return original.apply(this, args);
    };
  });
  hooks.wrap(http.ClientRequest.prototype as Request, '_storeHeader', (original) => {
    return function _storeHeader(this: Request, firstLine: string, headers: unknown) {
      if (!hooks.active) return original.call(this, firstLine, headers);
      let lines = '';
      try {
        begin(this, headers, events);
        lines = traceLines(this[SENT], this, headers);
      } catch (error) {
        report('the trace headers of a request', error);
      }
      // With `Expect` the head leaves inside of `_storeHeader`.
      if (lines !== '' && hasHeader(this, headers, 'expect')) return original.call(this, firstLine + lines, headers);
      const result = original.call(this, firstLine, headers);
      // Behind the others: RFC 9110 wants `Host` to be the first. Not by `setHeader`: an array has no room for it.
      if (lines !== '') this._header = `${this._header.slice(0, -2)}${lines}\r\n`;
      return result;
    };
  });
}

/** @param headers only while the head is written */
function begin(request: Request, headers: unknown, events: HttpEvents): void {
  if (request[SENT] !== undefined) return;
  request[SENT] = null;
  const userAgent = request.getHeader('user-agent') ?? headerNamed(request, headers, 'user-agent');
  const sent = events.sending({
    method: request.method,
    scheme: request.protocol === 'https:' ? 'https' : 'http',
    host: request.host,
    port: portOf(request, request.getHeader('host') ?? headerNamed(request, headers, 'host')),
    target: request.path,
    userAgent: typeof userAgent === 'string' ? userAgent : undefined,
  });
  if (sent) request[SENT] = sent;
}

/** The port is kept nowhere but in the `Host` header, which may be the application's own and name another host. */
function portOf({ host, protocol }: Request, header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!header.startsWith(name)) return undefined;
  if (header.length === name.length) return protocol === 'https:' ? 443 : 80;
  const port = header.charCodeAt(name.length) === COLON ? Number(header.slice(name.length + 1)) : 0;
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

const COLON = 58;

function hearRequest(request: Request, event: PropertyKey, args: ArrayLike<any>, sent: Sent): void {
  switch (event) {
    case 'socket':
      watchConnecting(request, args[1], sent);
      break;
    case 'response':
      responded(args[1], sent);
      break;
    case 'upgrade':
    case 'connect':
      responded(args[1], sent);
      sent.ended();
      break;
    case 'error':
      if (request.socket) sent.connected(request.socket);
      sent.failed(args[1]);
      break;
    case 'close':
      closed(request.res, sent);
  }
}

function responded(response: IncomingMessage, sent: Sent): void {
  emitIn(response, sent, (message, event, args) => hearResponse(message, event, args, sent));
  sent.connected(response.socket);
  sent.responded(response.statusCode!, response.httpVersion);
}

function hearResponse(message: IncomingMessage, event: PropertyKey, args: ArrayLike<any>, sent: Sent): void {
  switch (event) {
    case 'readable':
      // lib/internal/streams/readable.js emits it at the end of data in any case, whoever reads.
      if (message.complete) sent.ended();
      break;
    case 'end':
      sent.ended();
      break;
    case 'aborted': {
      // Inside of `destroy`, when that is how the application let go of it.
      const afterMs = timerHere();
      if (afterMs !== undefined) sent.givenUp(afterMs);
      break;
    }
    case 'error':
      sent.failed(args[1]);
      break;
    case 'close':
      closed(message, sent);
  }
}

/** Closed before the end and without an error: the application has read what it wanted. */
function closed(response: IncomingMessage | null | undefined, sent: Sent): void {
  const error = response && !response.complete ? response.errored : undefined;
  if (error) sent.failed(error);
  else sent.ended();
}

function watchConnecting(request: Request, socket: Socket, sent: Sent): void {
  if (!socket?.connecting) {
    // Not `reusedSocket`: an agent does not set it for a request that stood in line.
    if (socket && request.agent) sent.reused();
    return sent.entered('ttfb');
  }
  const named = !request.socketPath && isName(request.host);
  sent.entered(named ? 'dns' : 'connect');
  if (named) socket.once('lookup', () => guard('a connection', () => sent.entered('connect')));
  const encrypted = 'encrypted' in socket;
  socket.once('connect', () => guard('a connection', () => sent.entered(encrypted ? 'tls' : 'ttfb')));
  if (encrypted) socket.once('secureConnect', () => guard('a connection', () => sent.entered('ttfb')));
}

/** Not an address: that has colons or ends in a digit, which no host name does. (`net.isIP` would load `net`.) */
function isName(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return !host.includes(':') && (last < 48 || last > 57);
}
