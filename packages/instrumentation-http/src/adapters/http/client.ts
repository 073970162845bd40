import type * as Http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { guard, methodIn, report, type Hooks } from '@foreshock/kit';
import type { HttpEvents, MessageReader, Sent } from '../../events.ts';
import { SENT, UPGRADED, type Carrier, type UpgradedSocket } from '../../exchange.ts';
import { isInTimer } from '../../given-up.ts';
import { hasHeader, headerLines, headerNamed, RequestHead } from '../../http-headers.ts';
import { emitIn } from '../../emit-in.ts';
import { observeConnection, type Assigned } from './client-socket.ts';

/** Fields of lib/_http_client.js. */
interface Request extends Assigned, Carrier {
  agent?: object;
  res?: IncomingMessage | null;
  _header: string;
  _storeHeader(firstLine: string, headers: unknown): void;
  _send(data: unknown): boolean;
}

const requestReader: MessageReader = {
  headersOf: (request) => headerLines((request as Request)._header ?? ''),
  // Answers may come after `Content-Length` bytes, before `end`.
  hasWholeBody: (request, length) =>
    (request as Request).writableEnded || Number((request as Request).getHeader('content-length')) === length,
};

/**
 * Patches `emit`, `destroy` and `_storeHeader`. The channel `http.client.request.created` fires after the head of a
 * request with `Expect` or header array.
 */
export function attachClient(http: typeof Http, events: HttpEvents, hooks: Hooks): void {
  hooks.onChannel<{ request: Request }>('http.client.request.created', ({ request }) =>
    begin(request, undefined, events),
  );
  // Many times per request: `hooks.wrap` is cheaper.
  hooks.wrap(http.ClientRequest.prototype as Request, 'emit', (original) =>
    methodIn(original, (request: Request, args) => {
      const sent = request[SENT];
      if (!sent) return undefined;
      try {
        hearRequest(request, args[0], args, sent, events);
      } catch (error) {
        report('an event of a request', error);
      }
      return sent.context;
    }),
  );
  // lib/_http_outgoing.js: the body's parts, from `write` and `end`.
  hooks.before(http.ClientRequest.prototype as Request, '_send', (request: Request, [data]) => {
    if (data !== '') request[SENT]?.wrote(data);
  });
  hooks.before(http.ClientRequest.prototype, 'destroy', (request: Request, [error]) => request[SENT]?.givenUp(error));
  hooks.wrap(http.ClientRequest.prototype as Request, '_storeHeader', (original) => {
    return function _storeHeader(this: Request, firstLine: string, headers: unknown) {
      if (!hooks.active) return original.call(this, firstLine, headers);
      let lines = '';
      let kept = headers;
      try {
        begin(this, headers, events);
        ({ lines, headers: kept } = new RequestHead(this, headers, this[SENT]));
      } catch (error) {
        report('the trace headers of a request', error);
      }
      // With `Expect`, `_storeHeader` sends the head.
      if (lines !== '' && hasHeader(this, headers, 'expect')) return original.call(this, firstLine + lines, kept);
      const result = original.call(this, firstLine, kept);
      // RFC 9110: `Host` first. `setHeader` cannot extend an array.
      if (lines !== '') this._header = `${this._header.slice(0, -2)}${lines}\r\n`;
      return result;
    };
  });
}

/** @param headers only for the head */
function begin(request: Request, headers: unknown, events: HttpEvents): void {
  if (request[SENT] !== undefined) return;
  request[SENT] = null;
  const sent = events.sending({
    method: request.method,
    scheme: request.protocol === 'https:' ? 'https' : 'http',
    host: request.host,
    port: portOf(request, request.getHeader('host') ?? headerNamed(request, headers, 'host')),
    target: request.path,
    message: request,
    reader: requestReader,
  });
  if (sent) request[SENT] = sent;
}

/** Only the `Host` header has the port, perhaps another host's. */
function portOf({ host, protocol }: Request, header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!header.startsWith(name)) return undefined;
  if (header.length === name.length) return protocol === 'https:' ? 443 : 80;
  const port = header.charCodeAt(name.length) === COLON ? Number(header.slice(name.length + 1)) : 0;
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

const COLON = 58;

function hearRequest(request: Request, event: PropertyKey, args: ArrayLike<any>, sent: Sent, events: HttpEvents): void {
  switch (event) {
    case 'socket':
      sent.started();
      observeConnection(request, args[1], sent);
      break;
    case 'finish':
      sent.entered('ttfb');
      break;
    case 'timeout':
      sent.timeOutAnnounced();
      // follow-redirects, axios only close the socket.
      process.nextTick(() => guard('a time-out', () => void (request.socket?.destroyed && sent.closedOnTimeOut())));
      break;
    case 'response':
      responded(args[1], sent);
      break;
    case 'upgrade':
      upgraded(args[2], request, sent, events);
      responded(args[1], sent);
      sent.ended();
      break;
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

function upgraded(socket: Duplex & UpgradedSocket, { path }: Request, sent: Sent, events: HttpEvents): void {
  emitIn(socket, (socket[UPGRADED] = events.upgraded(sent, path)));
}

function responded(response: IncomingMessage, sent: Sent): void {
  emitIn(response, sent, (message, event, args) => hearResponse(message, event, args, sent));
  sent.connected(response.socket);
  sent.responded(response.statusCode!, response.httpVersion, response.rawHeaders);
}

function hearResponse(message: IncomingMessage, event: PropertyKey, args: ArrayLike<any>, sent: Sent): void {
  switch (event) {
    case 'readable':
      // lib/internal/streams/readable.js always emits it last.
      if (message.complete) sent.ended();
      break;
    case 'end':
      sent.ended();
      break;
    case 'aborted':
      // In a timer the application called `destroy`; else the connection closed.
      if (isInTimer()) sent.givenUp(message.errored);
      break;
    case 'error':
      sent.failed(args[1]);
      break;
    case 'close':
      closed(message, sent);
  }
}

/** Enough was read. */
function closed(response: IncomingMessage | null | undefined, sent: Sent): void {
  if (!response || response.complete) sent.ended();
  else if (response.errored) sent.failed(response.errored);
  else sent.cancelled();
}
