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

/** The responses of a connection that are not finished. */
class Line {
  /** The connection was silent for too long, or a request took too long to come in, and it is closed for that. */
  timedOut = false;
  /** A request that could not be read was answered past its response. */
  refused = false;
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

/** A response that this connection, which closes or ends it, is for. */
export function begun(socket: Connection, response: Response): void {
  lineOf(socket).begun(response);
}

/** A response is finished. */
export function ended(socket: Connection, response: Response): void {
  socket[LINE]?.ended(response);
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

/** Node closes the connection before this listener, unless the application hears of it and decides otherwise. */
function ranIntoTimeOut(this: Connection): void {
  const line = this[LINE]!;
  line.timedOut = true;
  process.nextTick(() => (line.timedOut = this.destroyed || this.writableEnded));
}

/**
 * The server tells of a request that it cannot read ('clientError'): Node, or the application, answers on the bare
 * socket (`socketOnError` of lib/_http_server.js), a request that took too long with 408.
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

/** Why a response was not finished, if the other side has not closed or reset the connection. */
function reasonOf(response: Response, socket: Connection, line: Line): string | undefined {
  if (line.timedOut) return 'timeout';
  const code = (socket.errored as { code?: unknown } | null)?.code;
  if (socket.readableEnded || code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return response.errored ? errorTypeOf(response.errored) : 'server_disconnected';
}
