// What opening a connection took, on what waited for it.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { only, recordSpans, startRedis, type Redis as RedisServer } from '@foreshock/testkit';
import type { Redis as IoRedis } from 'ioredis';
import type { RedisClientType } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { library } from './library.ts';

const recorded = recordSpans(cacheInstrumentation());
const pem = (name: string): Buffer =>
  readFileSync(new URL(`../../export/test/fixtures/tls/${name}.pem`, import.meta.url));
let redis: RedisServer;
const sockets = new Set<Socket>();
const secure = createServer({ key: pem('server-key'), cert: pem('server') }, (socket) => {
  const behind = connect(redis.port, redis.host);
  for (const each of [socket, behind]) sockets.add(each.on('error', () => {}));
  socket.pipe(behind).pipe(socket);
});
beforeAll(async () => {
  redis = await startRedis();
  await once(secure.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  for (const socket of sockets) socket.destroy();
  secure.close();
  await redis.stop();
});

const phasesOf = (attributes: Record<string, unknown>): string[] =>
  Object.keys(attributes)
    .filter((key) => key.startsWith('db.phase.'))
    .toSorted()
    .map((key) => (expect(attributes[key]).toBeGreaterThan(0), key.slice('db.phase.'.length)));
const spans = (): unknown[] =>
  recorded.spans().map(({ name, attributes, events }) => ({
    name,
    phases: phasesOf(attributes),
    events: events.map((event) => [event.name, ...phasesOf(event.attributes)]),
  }));
const span = (name: string, phases: unknown = [], ...events: unknown[]): unknown => ({ name, phases, events });

describe.each(['ioredis-5-0', undefined])('ioredis %s', (alias) => {
  const app = library('ioredis', alias);
  afterAll(() => app.remove());
  const open = (options: object): IoRedis => {
    const { default: Redis } = app.require('ioredis') as typeof import('ioredis');
    return new Redis({ host: 'localhost', port: redis.port, ...options });
  };

  it('commands that wait have the phases, also after a reconnect', async () => {
    const client = open({ retryStrategy: () => 1 });
    await recorded.inSpan('first', () => client.get('user:1'));
    await client.get('user:2');
    const closed = once(client, 'close');
    client.disconnect(true);
    await closed;
    await client.get('user:3');
    client.disconnect();
    const all = ['connect_ms', 'dns_ms', 'login_ms'];
    expect(spans()).toEqual([
      span('GET', all),
      span('first'),
      span('GET'),
      span('GET', expect.arrayContaining(['login_ms'])),
    ]);
  });

  it('who awaits the connection has an event, TLS too', async () => {
    const { port } = secure.address() as AddressInfo;
    const client = open({ port, tls: { rejectUnauthorized: false }, lazyConnect: true });
    await recorded.inSpan('request', () => client.connect());
    client.disconnect();
    expect(spans()).toEqual([span('request', [], ['connection.opened', 'connect_ms', 'dns_ms', 'login_ms', 'tls_ms'])]);
  });
});

describe.each(['redis-4-7', 'redis-5-0', undefined])('redis %s', (alias) => {
  const app = library('redis', alias);
  afterAll(() => app.remove());

  it('who awaits the connection has an event, a command that waits the phases', async () => {
    const { createClient } = app.require('redis') as typeof import('redis');
    const open = (): RedisClientType => createClient({ url: redis.url }) as RedisClientType;
    const client = open();
    await recorded.inSpan('request', () => client.connect());
    const other = open();
    const connecting = other.connect();
    await other.get('user:1');
    await connecting;
    await Promise.all([client.disconnect(), other.disconnect()]);
    expect(spans()).toEqual([
      span('request', [], ['connection.opened', 'connect_ms', 'login_ms']),
      span('GET', ['connect_ms', 'login_ms']),
    ]);
  });

  it('the pause after a failed attempt is none', async () => {
    const { createClient } = app.require('redis') as typeof import('redis');
    const closed = createNetServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const { port } = closed.address() as AddressInfo;
    await once(closed.close(), 'close');
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: () => 60_000 } });
    const start = performance.now();
    client.connect().catch(() => {});
    const failing = client.get('user:1').catch(() => {});
    await once(client, 'error');
    const attemptMs = performance.now() - start;
    while (performance.now() - start < 3 * attemptMs + 20) await setImmediate();
    await client.disconnect();
    await failing;
    expect(only(recorded.spans()).attributes['db.phase.connect_ms'] ?? 0).toBeLessThanOrEqual(attemptMs + 1);
  });
});
