import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Mode = 'healthy' | 'absent' | 'hangs' | 'answers 503' | 'answers 429' | 'resets' | 'slow';

/** Length of `0a 10 <trace ID> 12 08`, with which a Span message begins. */
const SPAN_HEAD = 20;

/** A receiver of OTLP that fails in the ways that backends do; what it takes it answers. */
export class Backend {
  /** In order of arrival; one more for each span that comes again. */
  readonly traceIds: string[] = [];
  /** Taken, while the sender had ended the connection: it cannot know, and sends them again. */
  readonly unanswered = new Set<string>();
  readonly #events = new EventEmitter();
  #mode: Mode = 'healthy';
  #server: Server | undefined;
  #port = 0;
  /** Being answered. */
  readonly #taken = new Set<ServerResponse>();

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async become(mode: Mode): Promise<void> {
    this.#mode = mode;
    await Promise.all([...this.#taken].map((response) => once(response, 'close')));
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

  /** The next request is. */
  async taken(): Promise<void> {
    await once(this.#events, 'taken');
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
        this.#taken.add(response.once('close', () => this.#taken.delete(response)));
        return void setTimeout(() => this.#take(body, response), 2_000);
      case 'healthy':
        return this.#take(body, response);
    }
  }

  #take(body: Buffer, response: ServerResponse): void {
    for (let at = body.indexOf('\n\x10', 0, 'latin1'); at >= 0; at = body.indexOf('\n\x10', at + 2, 'latin1')) {
      if (body[at + SPAN_HEAD - 2] !== 0x12 || body[at + SPAN_HEAD - 1] !== 8) continue;
      const traceId = body.toString('hex', at + 2, at + 18);
      this.traceIds.push(traceId);
      if (response.destroyed) this.unanswered.add(traceId);
    }
    response.end();
    this.#events.emit('taken');
  }
}
