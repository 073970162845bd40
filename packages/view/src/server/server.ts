import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answers } from '../answer/answers.ts';
import type { StoreMethods } from '../store/thread.ts';
import type { Thread } from '../threads/thread.ts';
import { Events } from './events.ts';
import type { Reply } from './exchange.ts';
import { Refusal } from './refusal.ts';
import { routes } from './routes.ts';
import { checkSameMachine } from './same-machine.ts';

// An import would read all exports of node:http, loading fetch.
const { createServer } = process.getBuiltinModule('node:http');

const SLOWEST_MS = 60_000;
const SLOWEST_HEADERS_MS = 10_000;

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** Serves this machine only. */
export class ViewServer {
  readonly #server: Server;
  readonly #events = new Events();
  readonly #store: Thread<StoreMethods>;
  readonly #answers: Answers;

  constructor(store: Thread<StoreMethods>, answers: Answers) {
    this.#store = store;
    this.#answers = answers;
    answers.onComputed = () => this.#events.again();
    const limits = { requestTimeout: SLOWEST_MS, headersTimeout: SLOWEST_HEADERS_MS };
    this.#server = createServer(limits, (request, response) => void this.#respond(request, response));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(port, '127.0.0.1', resolve);
    await promise;
  }

  close(): void {
    this.#events.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.on('error', () => {});
    try {
      checkSameMachine(request, this.port);
      const url = URL.parse(`http://localhost${request.url}`);
      if (!url || !request.url?.startsWith('/')) throw new Refusal(400, 'no address');
      const [store, answers, events] = [this.#store, this.#answers, this.#events];
      const reply = await routes({ request, response, url, store, answers, events });
      if (reply) send(response, reply);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      fail(request, response, status, (error as Error).message);
    }
  }
}

function send(response: ServerResponse, { status = 200, type, body, headers }: Reply): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
  response.end(body);
}

/** The body's rest is not awaited. */
function fail(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const isRead = request.complete;
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(isRead ? {} : { connection: 'close' }),
  });
  response.end(JSON.stringify({ code: status, message }), () => {
    if (!isRead) request.destroy();
  });
}
