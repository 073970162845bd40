import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { recordSpans, startRedis, type Redis as Server } from '@foreshock/testkit';
import { Redis } from 'ioredis';
import type { RedisClientType } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { library } from './library.ts';
import { below } from './spans.ts';

const recorded = recordSpans(cacheInstrumentation({ stampedeCallers: 1_000 }));
const own = new AsyncLocalStorage<string>();
let server: Server;
beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

const where = (): unknown[] => [trace.getSpan(context.active()), own.getStore()];
/** In no trace, and where the application opened the connection. */
const NOBODY = [undefined, 'opener'];

describe.each(['redis-4-7', 'redis-5-0', undefined])('redis %s', (alias) => {
  const app = library('redis', alias);
  afterAll(() => app.remove());
  const open = (options: object = {}): RedisClientType => {
    const { createClient } = app.require('redis') as typeof import('redis');
    const client = createClient({ url: server.url, ...options }) as RedisClientType;
    return client.on('error', () => {});
  };

  it('a message belongs to no request, and keeps the context of the application', async () => {
    const subscriber = open();
    const ready = new Promise((done) => subscriber.on('ready', () => done(where())));
    await recorded.inSpan('request', () => own.run('opener', () => subscriber.connect()));
    expect(await ready).toEqual(NOBODY);
    const publisher = open();
    await publisher.connect();
    let asked: Promise<unknown> | undefined;
    const { promise: message, resolve } = Promise.withResolvers<unknown>();
    await recorded.inSpan('subscriber', () =>
      subscriber.subscribe(`news ${alias}`, () => {
        asked = publisher.get('user:1');
        resolve(where());
      }),
    );
    await recorded.inSpan('publisher', () => publisher.publish(`news ${alias}`, 'x'));
    expect(await message).toEqual(NOBODY);
    await asked;
    expect(recorded.spans().find(({ name }) => name === 'GET')).toMatchObject({ parentSpanId: '' });
    await Promise.all([subscriber.disconnect(), publisher.disconnect()]);
  });

  it('a connection that keeps itself alive makes no span, a ping of a request does', async () => {
    const client = open({ pingInterval: 2 });
    await recorded.inSpan('request', () => client.connect());
    for (let i = 0; i < 3; i++) await once(client, 'ping-interval');
    await recorded.inSpan('health', () => client.ping());
    expect(recorded.spans().map(({ name }) => name)).toEqual(['request', 'PING', 'health']);
    expect(below(recorded.spans(), 'health')).toHaveLength(1);
    await client.disconnect();
  });
});

it('ioredis: messages and events of a connection belong to no request', async () => {
  const subscriber = new Redis(server.url, { lazyConnect: true });
  const ready = new Promise((done) => subscriber.on('ready', () => done(where())));
  await recorded.inSpan('request', () => own.run('opener', () => subscriber.connect()));
  expect(await ready).toEqual(NOBODY);
  const message = new Promise((done) => subscriber.on('message', () => done(where())));
  await recorded.inSpan('subscriber', () => subscriber.subscribe('news'));
  const publisher = new Redis(server.url);
  await recorded.inSpan('publisher', () => publisher.publish('news', 'x'));
  expect(await message).toEqual(NOBODY);
  subscriber.disconnect();
  publisher.disconnect();
});

it('ioredis: the callback of connect runs in its caller’s trace', async () => {
  const client = new Redis(server.url, { lazyConnect: true });
  await recorded.inSpan('request', async (span) => {
    expect(await new Promise((done) => client.connect(() => done(where()[0])))).toBe(span);
  });
  client.disconnect();
});

it('ioredis: what is asked of sentinels is no span', async () => {
  const sentinel = await startSentinel();
  const { port } = sentinel.address() as AddressInfo;
  const client = new Redis({
    sentinels: [{ host: '127.0.0.1', port }],
    name: 'main',
    failoverDetector: true,
    protocol: 2,
    db: server.database,
  });
  const subscribed = once(client, 'failoverSubscribed');
  await recorded.inSpan('request', () => client.get('user:1'));
  await subscribed;
  client.disconnect();
  sentinel.close();
  expect(recorded.spans().map(({ name }) => name)).toEqual(['GET', 'request']);
});

/** Gives the server's address, and no other sentinels. */
async function startSentinel(): Promise<NetServer> {
  const sentinel = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const command of String(data).split(/^\*/m).slice(1)) {
        const words = command.split('\r\n').filter((_, i) => i > 0 && i % 2 === 0);
        const [name, what] = words.map((word) => word.toLowerCase());
        if (name === 'sentinel' && what === 'get-master-addr-by-name') {
          const port = String(server.port);
          socket.write(`*2\r\n$9\r\n127.0.0.1\r\n$${port.length}\r\n${port}\r\n`);
        } else if (name === 'sentinel') socket.write('*0\r\n');
        else if (name === 'subscribe') socket.write('*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n');
        else if (name === 'hello') socket.write('-ERR unknown command\r\n');
        else socket.write('+OK\r\n');
      }
    });
  });
  sentinel.listen(0, '127.0.0.1');
  await once(sentinel, 'listening');
  return sentinel;
}
