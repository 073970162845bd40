/**
 * What a query of pg costs, with the preload's tracer and encoded, in nanoseconds of CPU:
 * `node -C @foreshock/source packages/instrumentation-db/bench/query.ts [alone]`. The server is inside the process.
 */
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { SpanEncoder } from '../../export/src/encode/span-encoder.ts';
import { DEFAULT_SPAN_LIMITS } from '../../foreshock/src/tracer/span-limits.ts';
import { ForeshockTracerProvider } from '../../foreshock/src/tracer/tracer.ts';

const ROUNDS = 40;
const QUERIES = 2_000;
const AT_ONCE = 20;

const message = (type: string, body = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = message('Z', Buffer.from('I'));
const ANSWER = Buffer.concat([message('C', Buffer.from('UPDATE 1\0')), READY]);

/** A PostgreSQL that has one answer. */
class FakeSocket extends Duplex {
  #started = false;
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => this.push(this.#started ? ANSWER : Buffer.concat([message('R', Buffer.alloc(4)), READY])));
    setImmediate(() => (this.#started = true));
    done();
  }
  connect(): this {
    setImmediate(() => this.emit('connect'));
    return this;
  }
  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}
}

const encoder = new SpanEncoder();
const encoded = Buffer.alloc(1 << 16);
const provider = new ForeshockTracerProvider({
  sampler: new AlwaysOnSampler(),
  parentBased: true,
  spanLimits: DEFAULT_SPAN_LIMITS,
  spanProcessors: [{ onStart() {}, onEnd: (span) => void encoder.encode(span, encoded, 0) }],
});
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
if (process.argv[2] !== 'alone') (await import('@foreshock/instrumentation-db')).dbInstrumentation();

const { Client }: typeof import('pg') = createRequire(import.meta.url)('pg');
const clients = await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    const client = new Client({ stream: () => new FakeSocket() as never });
    await client.connect();
    return client;
  }),
);
const tracer = provider.getTracer('bench');
const ways: Record<string, (client: InstanceType<typeof Client>) => Promise<unknown>> = {
  'pg query, promise': (client) => client.query("UPDATE orders SET state = 'paid' WHERE id = 1"),
  'pg query, callback': (client) =>
    new Promise((resolve) => client.query("UPDATE orders SET state = 'paid' WHERE id = 1", resolve)),
};
const best: Record<string, number> = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, query] of Object.entries(ways)) {
    const start = process.cpuUsage();
    for (let i = 0; i < QUERIES; i += AT_ONCE) {
      const where = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('request'));
      await context.with(where, () => Promise.all(clients.map(query)));
    }
    const { user, system } = process.cpuUsage(start);
    best[name] = Math.min(best[name] ?? Infinity, ((user + system) * 1_000) / QUERIES);
  }
}
console.log(JSON.stringify(best));
