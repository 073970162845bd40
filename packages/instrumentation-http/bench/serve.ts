/**
 * What a served request costs, in microseconds of CPU: without instrumentation, with ours and with upstream's, on the
 * same SDK and without export. The server is fed through streams, so that nothing but JavaScript is measured.
 *
 *     node --conditions=@foreshock/source packages/instrumentation-http/bench/serve.ts
 *
 * Each way runs in a process of its own, in turn; the best slice counts, figures of one run compare with each other.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { context, propagation } from '@opentelemetry/api';

const WHOSE = ['none', 'ours, no SDK', 'ours', 'upstream'] as const;
type Whose = (typeof WHOSE)[number];
const CONNECTIONS = 10;
const REQUESTS = 20_000;
const REQUEST = Buffer.from('GET /hello?x=1 HTTP/1.1\r\nHost: localhost:3000\r\nUser-Agent: bench\r\n\r\n');

async function compare(): Promise<void> {
  const best = new Map<Whose, number>(WHOSE.map((whose) => [whose, Infinity]));
  for (let round = 0; round < 5; round++) {
    for (const whose of WHOSE) {
      const child = fork(fileURLToPath(import.meta.url), [whose]);
      const [cost] = (await once(child, 'message')) as [number];
      best.set(whose, Math.min(best.get(whose)!, cost));
    }
  }
  const nothing = best.get('none')!;
  for (const [whose, cost] of best) {
    console.log(`${whose.padEnd(14)} ${cost.toFixed(2).padStart(6)} µs  +${(cost - nothing).toFixed(2)}`);
  }
}

async function measure(whose: Whose): Promise<void> {
  await attach(whose);
  // Upstream sees `require` alone.
  const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http');
  const body = JSON.stringify({ hello: 'world' });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  const connection = new ClientConnection(server);
  for (let i = 0; i < 5; i++) await connection.run(REQUESTS);
  let best = Infinity;
  for (let i = 0; i < 8; i++) {
    const before = process.cpuUsage();
    await connection.run(REQUESTS);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / REQUESTS);
  }
  process.send!(best);
  process.disconnect();
  process.exit();
}

async function attach(whose: Whose): Promise<void> {
  if (whose === 'none') return;
  const { ForeshockPropagator } = await import('@foreshock/propagator');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { TracerProvider } = await import('@opentelemetry/sdk-trace');
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  const { httpInstrumentation } = await import('@foreshock/instrumentation-http');
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new ForeshockPropagator());
  const nothing = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
  const instrumentation = whose === 'upstream' ? new HttpInstrumentation() : httpInstrumentation({ enabled: false });
  if (whose !== 'ours, no SDK') instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [nothing] }));
  instrumentation.enable();
}

/** Keep-alive connections that send the next request when the last is answered. */
class ClientConnection {
  #left = 0;
  #done = (): void => {};
  readonly #connections: Duplex[];

  constructor(server: Server) {
    const answered = (connection: Duplex): void => {
      if (--this.#left > 0) setImmediate(() => connection.push(REQUEST));
      else if (this.#left === 0) this.#done();
    };
    this.#connections = Array.from({ length: CONNECTIONS }, () => {
      const connection: Duplex = new Duplex({
        read() {},
        write: (_chunk, _encoding, done) => (done(), answered(connection)),
        writev: (_chunks, done) => (done(), answered(connection)),
      });
      Object.assign(connection, { setTimeout() {} });
      server.emit('connection', connection);
      return connection;
    });
  }

  run(requests: number): Promise<void> {
    return new Promise((resolve) => {
      this.#left = requests;
      this.#done = resolve;
      for (const connection of this.#connections) connection.push(REQUEST);
    });
  }
}

if (process.send) await measure(process.argv[2] as Whose);
else await compare();
