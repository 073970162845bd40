import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Mode = 'healthy' | 'absent' | 'hangs' | 'answers 503' | 'answers 429' | 'resets' | 'slow';

/** Length of `0a 10 <trace ID> 12 08`, with which a Span message begins. */
const SPAN_HEAD = 20;

/** A receiver of OTLP that fails in the ways that backends do. */
export class Backend {
  /** In order of arrival; one more for each span that comes again. */
  readonly traceIds: string[] = [];
  #mode: Mode = 'healthy';
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async become(mode: Mode): Promise<void> {
    this.#mode = mode;
    if (mode === 'absent') {
      this.close();
      return;
    }
    // What hangs ends with a new state, too.
    this.#server?.closeAllConnections();
    if (this.#server) return;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(Buffer.concat(chunks), response));
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
    this.#server = undefined;
  }

  #answer(body: Buffer, response: ServerResponse): void {
    switch (this.#mode) {
      case 'hangs':
      case 'absent':
        return;
      case 'answers 503':
        return void response.writeHead(503).end();
      case 'answers 429':
        return void response.writeHead(429, { 'retry-after': '1' }).end();
      case 'resets':
        return void response.socket?.resetAndDestroy();
      case 'slow':
        return void setTimeout(() => this.#take(body, response), 2_000);
      case 'healthy':
        return this.#take(body, response);
    }
  }

  #take(body: Buffer, response: ServerResponse): void {
    for (let at = body.indexOf('\n\x10', 0, 'latin1'); at >= 0; at = body.indexOf('\n\x10', at + 2, 'latin1')) {
      if (body[at + SPAN_HEAD - 2] !== 0x12 || body[at + SPAN_HEAD - 1] !== 8) continue;
      this.traceIds.push(body.toString('hex', at + 2, at + 18));
    }
    response.end();
  }
}
