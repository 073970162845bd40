import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorTypeOf, guard } from '@foreshock/kit';
import { SERVED, type Carrier } from '../../exchange.ts';
import { onFirstAnswer } from './handshake.ts';

const LINE = Symbol('foreshock.line');

interface Response extends ServerResponse, Carrier {}

export interface Connection extends Socket {
  /** lib/_http_server.js, `connectionListenerInternal`. */
  server?: unknown;
  [LINE]?: Line;
}

/** Unfinished responses of a connection. */
class Line {
  /** Of the connection, or of receiving a request. */
  timedOut = false;
  /** Answered on the socket. */
  refused = false;
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
  lineOf(socket).begun(response);
}

export function ended(socket: Connection, response: Response): void {
  socket[LINE]?.ended(response);
}

/** Two listeners per connection, not per request. */
function lineOf(socket: Connection): Line {
  const known = socket[LINE];
  if (known) return known;
  // First, before the application changes the response.
  socket.prependOnceListener('close', closed);
  socket.on('timeout', ranIntoTimeOut);
  return (socket[LINE] = new Line());
}

/** Node closes the connection first unless the application handles the time-out. */
function ranIntoTimeOut(this: Connection): void {
  const line = this[LINE]!;
  line.timedOut = true;
  process.nextTick(() => (line.timedOut = this.destroyed || this.writableEnded));
}

/**
 * Answered on the socket by Node or the application (`socketOnError` of lib/_http_server.js), with 408 after a
 * time-out.
 */
export function refuses(socket: Connection, error: { code?: unknown } | undefined): void {
  const line = socket[LINE];
  if (!line || line.open.length === 0) return;
  if (error?.code === 'ERR_HTTP_REQUEST_TIMEOUT') line.timedOut = true;
  onFirstAnswer(socket, (status) => {
    line.refused = status !== undefined;
    for (const response of line.open) {
      if (status !== undefined && !response.headersSent) response[SERVED]?.answered(status);
    }
  });
}

function closed(this: Connection): void {
  const line = this[LINE]!;
  for (const response of line.open) {
    guard('a connection closed', () => {
      if (line.refused && !line.timedOut) response[SERVED]?.finished();
      else response[SERVED]?.aborted(reasonOf(response, this, line));
    });
  }
}

/** Undefined if the client closed the connection. */
function reasonOf(response: Response, socket: Connection, line: Line): string | undefined {
  if (line.timedOut) return 'timeout';
  const code = (socket.errored as { code?: unknown } | null)?.code;
  if (socket.readableEnded || code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return response.errored ? errorTypeOf(response.errored) : 'server_disconnected';
}
