import type { Duplex } from 'node:stream';
import { guard, methodIn, type Adapter, type Hooks } from '@foreshock/kit';
import type { HttpEvents, Sent } from '../../events.ts';
import { emitIn } from '../../emit-in.ts';
import { SENT, type Carrier } from '../../exchange.ts';
import { isLetGo, isTimeOut } from '../../given-up.ts';
import { Connections } from './connections.ts';
import { onAbort, onConnection } from './abort.ts';
import { beginBody, bodyChunkSent, bodySent, requestReader } from './body.ts';
import { RequestHeaders, type WithHeaders } from './headers.ts';
import { Pools } from './pools.ts';
import { noteGlobalDispatchers } from './settings.ts';
import { observeStaleAnswers } from './stale-answers.ts';

/** lib/core/request.js of undici 5 to 8. */
interface Request extends Carrier, WithHeaders {
  method: string;
  origin: string | URL;
  path: string;
  body?: unknown;
  upgrade?: string | null;
  headersTimeout?: number | null;
  bodyTimeout?: number | null;
  /** Before 8. Until 8.10 an upgrade's `headers` and `trailers` are not published. */
  onUpgrade?: Upgraded;
  onRequestUpgrade?: Upgraded;
}

type Upgraded = (this: Request, statusCode: number, headers: unknown, socket: Duplex, statusText?: string) => unknown;

interface Socket {
  remoteAddress?: string;
  remotePort?: number;
  alpnProtocol?: string | false | null;
}

/** Spans end with `trailers`, published even for unread bodies within undici's buffers. */
export const undici: Adapter<HttpEvents> = {
  library: 'undici',
  versions: '>=5.20.0 <9',
  upstream: ['@opentelemetry/instrumentation-undici'],
  shows: ['spans', 'wait', 'parent'],
  title: '`undici`, Node’s `fetch`',
  summary: 'calls, retries, redirects, lines at pools; phases',
  attach(events, hooks) {
    const connections = new Connections(hooks);
    const pools = new Pools(events, hooks);
    const placed = new WeakSet<object>();
    hooks.onChannel<{ request: Request }>('undici:request:create', ({ request }) => {
      // A `CONNECT`'s proxied request follows.
      if (request.method === 'CONNECT') return;
      const sent = start(request, events, pools);
      if (!sent) return;
      const prototype = Object.getPrototypeOf(request);
      if (!placed.has(prototype)) {
        placed.add(prototype);
        if (!isMadeByNode()) runInPlace(prototype, hooks);
      }
      request[SENT] = sent;
      beginBody(request, sent);
      sent.propagate(new RequestHeaders(request));
      connections.made(sent);
      onAbort(request, (reason) => letGo(request, sent, reason));
      if (request.upgrade) observeUpgrade(request, sent, events);
    });
    hooks.onChannel<{ request: Request; socket: Socket }>('undici:client:sendHeaders', ({ request, socket }) => {
      const sent = request[SENT];
      if (!sent) return;
      onConnection(request);
      sent.connected(socket, socket.alpnProtocol === 'h2' ? '2' : '1.1');
      connections.used(socket, sent, request.body ? 'send' : 'ttfb');
    });
    hooks.onChannel<{ request: Request; chunk: unknown }>('undici:request:bodyChunkSent', ({ request, chunk }) => {
      const sent = request[SENT];
      if (sent) bodyChunkSent(request, chunk, sent);
    });
    hooks.onChannel<{ request: Request }>('undici:request:bodySent', ({ request }) => {
      bodySent(request);
      request[SENT]?.entered('ttfb');
    });
    hooks.onChannel<{ request: Request; response: { statusCode: number; headers?: unknown } }>(
      'undici:request:headers',
      ({ request, response: { statusCode, headers } }) => {
        // 103 etc. come first.
        if (statusCode >= 200 || statusCode === 101) request[SENT]?.responded(statusCode, undefined, headers);
      },
    );
    observeStaleAnswers(hooks);
    noteGlobalDispatchers(hooks);
    hooks.onChannel<{ request: Request }>('undici:request:trailers', ({ request }) => request[SENT]?.ended());
    hooks.onChannel<{ request: Request; error: unknown }>('undici:request:error', ({ request, error }) => {
      const sent = request[SENT];
      if (sent) letGo(request, sent, error);
    });

    function letGo(request: Request, sent: Sent, error: unknown): void {
      connections.wanted(String(request.origin), sent);
      failed(request, sent, error);
    }
  },
};

/** Of undici 5 to 7, and of 8. */
const HANDLERS = ['onHeaders', 'onComplete', 'onError', 'onResponseStart', 'onResponseEnd', 'onResponseError'];

/** `fetch` uses promises and follows redirects itself: its handlers need no context. */
function isMadeByNode(): boolean {
  const lines = String(new Error('where').stack).split('\n');
  const published = lines.findLastIndex((line) => line.includes('node:diagnostics_channel'));
  return published >= 0 && lines[published + 1]?.includes('node:internal/deps/undici') === true;
}

/** Handlers run in the connection's first request's context, which retries and redirects would join. */
function runInPlace(prototype: Record<string, unknown>, hooks: Hooks): void {
  // Four times per request: `hooks.wrap` is cheaper.
  for (const name of HANDLERS) {
    if (typeof prototype[name] !== 'function') continue;
    hooks.wrap(prototype, name, (original) => methodIn(original, (request: Request) => request[SENT]?.context));
  }
}

function start(request: Request, events: HttpEvents, pools: Pools): Sent | undefined {
  const asked = pools.asked.offered;
  const origin = originOf(request.origin);
  if (!origin) return undefined;
  const { scheme, host, port } = origin;
  const { method, path } = request;
  return events.sending({
    method,
    scheme,
    host,
    port,
    target: path,
    askedAt: asked?.queued ? asked.at : undefined,
    start: asked?.start,
    message: request,
    reader: requestReader,
  });
}

interface Origin {
  scheme: string;
  host: string;
  port: number | undefined;
}

// The last origin.
let lastText = '';
let lastOrigin: Origin | undefined;

function originOf(origin: string | URL): Origin | undefined {
  const text = String(origin);
  if (text === lastText) return lastOrigin;
  lastText = text;
  lastOrigin = undefined;
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port } = new URL(text);
  const scheme = protocol.slice(0, -1);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  lastOrigin = { scheme, host, port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port) };
  return lastOrigin;
}

function failed(request: Request, sent: Sent, error: unknown): void {
  switch ((error as { code?: unknown } | undefined)?.code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return sent.failed(error);
    case 'UND_ERR_HEADERS_TIMEOUT':
      return sent.failed(error, request.headersTimeout ?? undefined);
    case 'UND_ERR_BODY_TIMEOUT':
      return sent.failed(error, request.bodyTimeout ?? undefined);
  }
  // Published inside `controller.abort()`; other failures have codes.
  if (isTimeOut(error) || (isLetGo(error) && !isReset(error))) sent.givenUp(error);
  sent.failed(error);
}

/** By the server. */
function isReset(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ECONNRESET';
}

function observeUpgrade(request: Request, sent: Sent, events: HttpEvents): void {
  const name = request.onUpgrade ? 'onUpgrade' : 'onRequestUpgrade';
  const upgraded = request[name];
  if (!upgraded) return;
  // By hand: this request's own; removes itself.
  request[name] = function (statusCode, headers, socket, ...rest) {
    guard('an upgrade', () => {
      delete request[name];
      sent.responded(statusCode);
      sent.ended();
      emitIn(socket, events.upgraded(sent, request.path));
    });
    return upgraded.call(this, statusCode, headers, socket, ...rest);
  };
}
