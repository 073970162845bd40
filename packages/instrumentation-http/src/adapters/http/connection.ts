import { executionAsyncId } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorTypeOf, guard } from '@foreshock/kit';
import { SERVED, type Carrier } from '../../exchange.ts';
import { onFirstAnswer } from './handshake.ts';

/** On a socket. A `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const REQUESTS = Symbol('foreshock.open-requests');

interface Response extends ServerResponse, Carrier {}

export interface Connection extends Socket {
  /** lib/_http_server.js, `connectionListenerInternal`. */
  server?: unknown;
  /** `HTTPParser` of src/node_http_parser.cc: one per connection. */
  parser?: { incoming?: unknown; getAsyncId(): number } | null;
  [REQUESTS]?: OpenRequests;
}

/** Unfinished responses of a connection. */
class OpenRequests {
  /** Of the connection, or of receiving a request. */
  timedOut = false;
  /** Answered on the socket. */
  refused = false;
  /** Asked once: a call into C++. */
  parserId: number | undefined;
  #only: Response | undefined;
  /** For pipelining. */
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

export function begun(socket: Connection, response: Response): void {
  requestsOf(socket).begun(response);
}

export function ended(socket: Connection, response: Response): void {
  socket[REQUESTS]?.ended(response);
}

/**
 * Whether the parser, in C++, has just read this head (`parserOnHeadersComplete` of lib/_http_common.js), and its call
 * is not over.
 */
export function isReading(socket: Connection, request: IncomingMessage): boolean {
  const { parser, [REQUESTS]: requests } = socket;
  if (!requests || parser?.incoming !== request) return false;
  return executionAsyncId() === (requests.parserId ??= parser.getAsyncId());
}

/** Two per connection, not request. */
function requestsOf(socket: Connection): OpenRequests {
  const known = socket[REQUESTS];
  if (known) return known;
  // Before the application changes the response.
  socket.prependOnceListener('close', closed);
  socket.on('timeout', ranIntoTimeOut);
  return (socket[REQUESTS] = new OpenRequests());
}

/** Node closes first, unless the application handles the time-out. */
function ranIntoTimeOut(this: Connection): void {
  const requests = this[REQUESTS]!;
  requests.timedOut = true;
  process.nextTick(() => (requests.timedOut = this.destroyed || this.writableEnded));
}

/**
 * Answered on the socket by Node or the application (`socketOnError` of lib/_http_server.js), with 408 after a
 * time-out.
 */
export function refuses(socket: Connection, error: { code?: unknown } | undefined): void {
  const requests = socket[REQUESTS];
  if (!requests || requests.open.length === 0) return;
  if (error?.code === 'ERR_HTTP_REQUEST_TIMEOUT') requests.timedOut = true;
  onFirstAnswer(socket, (status) => {
    requests.refused = status !== undefined;
    for (const response of requests.open) {
      if (status !== undefined && !response.headersSent) response[SERVED]?.answered(status);
    }
  });
}

function closed(this: Connection): void {
  const requests = this[REQUESTS]!;
  for (const response of requests.open) {
    guard('a connection closed', () => {
      if (requests.refused && !requests.timedOut) response[SERVED]?.finished();
      else response[SERVED]?.aborted(reasonOf(response, this, requests));
    });
  }
}

/** Undefined if the client closed it. */
function reasonOf(response: Response, socket: Connection, requests: OpenRequests): string | undefined {
  if (requests.timedOut) return 'timeout';
  const code = (socket.errored as { code?: unknown } | null)?.code;
  if (socket.readableEnded || code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return response.errored ? errorTypeOf(response.errored) : 'server_disconnected';
}
