import { once } from 'node:events';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { recordSpans, shows, startRedis, versionOf, type Redis as Server } from '@foreshock/testkit';
import type { Redis, RedisOptions } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { library } from './library.ts';
import { below, call, whole } from './spans.ts';

// Stampedes have their own tests; here they would be reported in other tests.
const recorded = recordSpans(cacheInstrumentation({ stampedeCallers: 1_000 }));
let server: Server;
/** On every span of a command that has found its server. */
let target: Record<string, unknown>;
beforeAll(async () => {
  server = await startRedis();
  target = {
    'db.system.name': 'redis',
    'db.namespace': String(server.database),
    'server.address': server.host,
    'server.port': server.port,
  };
});
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

describe.each([
  ['ioredis', 'ioredis-5-0'],
  ['ioredis', 'ioredis-5-10'],
  ['ioredis', 'ioredis-5-11'],
  ['ioredis', undefined],
  ['iovalkey', 'iovalkey-0-1'],
  ['iovalkey', undefined],
])('%s %s', (name, alias) => {
  const app = library(name, alias);
  const clients: Redis[] = [];
  const connect = (options: RedisOptions = {}): Redis => {
    const Client = app.require(name).default as new (url: string, options: RedisOptions) => Redis;
    const client = new Client(server.url, options);
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  afterAll(() => app.remove());
  beforeEach(async () => {
    await connect().flushdb();
    recorded.clear();
  });
  afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

  it('records a command, its key as a shape, and whether it hit', async () => {
    shows(name, ['spans', 'attempt or hit'], versionOf(alias ?? name));
    const client = connect({ keyPrefix: 'shop:' });
    await recorded.inSpan('caller', async () => {
      await client.set('user:42', 'secret');
      expect(await client.get('user:42')).toBe('secret');
      expect(await client.get('user:43')).toBeNull();
      expect(await client.getBuffer('user:42')).toEqual(Buffer.from('secret'));
      expect(await client.mget('user:42', 'user:43', 'user:42')).toEqual(['secret', null, 'secret']);
      await client.hset('cart:1', 'pears', 3);
      expect(await client.hmget('cart:1', 'pears', 'plums')).toEqual(['3', null]);
      expect(await client.hgetall('cart:1')).toEqual({ pears: '3' });
      expect(await client.hgetall('cart:2')).toEqual({});
      expect(await client.call('PING')).toBe('PONG');
      await client.publish('news', 'secret');
    });
    const spans = below(recorded.spans(), 'caller').map(whole);
    const command = (name: string, text: string, more: Record<string, unknown> = {}) =>
      call(name, { ...target, 'db.operation.name': name, 'db.query.text': text, ...more });
    expect(spans).toEqual([
      command('SET', 'SET shop:user:* ?'),
      command('GET', 'GET shop:user:*', { 'cache.hit': true }),
      command('GET', 'GET shop:user:*', { 'cache.hit': false }),
      command('GET', 'GET shop:user:*', { 'cache.hit': true }),
      command('MGET', 'MGET shop:user:* ?', { 'cache.hit': false, 'cache.key_count': 3, 'cache.hit_count': 2 }),
      command('HSET', 'HSET shop:cart:* ?'),
      command('HMGET', 'HMGET shop:cart:* ?', { 'cache.hit': false, 'cache.key_count': 2, 'cache.hit_count': 1 }),
      command('HGETALL', 'HGETALL shop:cart:*', { 'cache.hit': true }),
      command('HGETALL', 'HGETALL shop:cart:*', { 'cache.hit': false }),
      command('PING', 'PING'),
      command('PUBLISH', 'PUBLISH ?'),
    ]);
    expect(JSON.stringify(recorded.spans())).not.toContain('secret');
  });

  it('records an error by its code, without what was quoted from the command', async () => {
    const client = connect();
    await recorded.inSpan('caller', async () => {
      await expect(client.call('NONSENSE', 'secret')).rejects.toThrow('secret');
      await expect(client.evalsha('0'.repeat(40), 0)).rejects.toThrow('NOSCRIPT');
    });
    expect(below(recorded.spans(), 'caller').map(whole)).toEqual([
      {
        ...call('_OTHER', {
          ...target,
          'db.operation.name': '_OTHER',
          'db.query.text': '_OTHER ?',
          'db.response.status_code': 'ERR',
          'error.type': 'ERR',
        }),
        status: { code: 'ERROR', message: 'ERR unknown command' },
      },
      // The client sends the script along next: a step of the protocol.
      call('EVALSHA', {
        ...target,
        'db.operation.name': 'EVALSHA',
        'db.query.text': 'EVALSHA ?',
        'db.response.status_code': 'NOSCRIPT',
      }),
    ]);
  });

  it('makes one span of a pipeline, and one of a transaction', async () => {
    const client = connect();
    await client.set('user:1', 'x');
    recorded.clear();
    await recorded.inSpan('caller', async () => {
      expect(await client.pipeline().get('user:1').get('user:2').set('user:3', 'y').exec()).toEqual([
        [null, 'x'],
        [null, null],
        [null, 'OK'],
      ]);
      const answers = await client.pipeline().hget('user:1', 'name').get('user:1').exec();
      expect(answers![0]![0]).toBeInstanceOf(Error);
      expect(await client.multi().set('user:4', 'z').get('user:4').exec()).toEqual([
        [null, 'OK'],
        [null, 'z'],
      ]);
      expect(await client.multi([['get', 'user:1']]).exec()).toEqual([[null, 'x']]);
      expect(await client.pipeline().exec()).toEqual([]);
      await client.multi({ pipeline: false });
      await client.get('user:1');
      expect(await client.exec()).toEqual([[null, 'x']]);
    });
    const batch = (name: string, more: Record<string, unknown>) =>
      call(name, { ...target, 'db.operation.name': name, ...more });
    expect(below(recorded.spans(), 'caller').map(whole)).toEqual([
      batch('PIPELINE', {
        'db.operation.batch.size': 3,
        'cache.hit': false,
        'cache.key_count': 2,
        'cache.hit_count': 1,
      }),
      {
        ...batch('PIPELINE', {
          'db.operation.batch.size': 2,
          'cache.hit': true,
          'cache.key_count': 1,
          'cache.hit_count': 1,
          'db.response.status_code': 'WRONGTYPE',
          'error.type': 'WRONGTYPE',
        }),
        status: { code: 'ERROR', message: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
      },
      batch('MULTI', { 'db.operation.batch.size': 2, 'cache.hit': true, 'cache.key_count': 1, 'cache.hit_count': 1 }),
      // Of one command: it is the command.
      batch('GET', { 'db.query.text': 'GET user:*', 'cache.hit': true }),
      // Sent one by one; inside, the server has not looked yet.
      batch('MULTI', { 'db.query.text': 'MULTI' }),
      batch('GET', { 'db.query.text': 'GET user:*' }),
      batch('EXEC', { 'db.query.text': 'EXEC' }),
    ]);
  });

  it('puts each of 200 callers over one automatic pipeline into its own trace', async () => {
    shows(name, ['parent'], versionOf(alias ?? name));
    const client = connect({ enableAutoPipelining: true });
    // 5.0 sends an automatic pipeline before it has selected the database.
    await once(client, 'ready');
    await connect().set('user:1', 'x');
    recorded.clear();
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        recorded.inSpan(`caller ${i}`, async () => {
          if (i % 2) return expect(await client.get('user:1')).toBe('x');
          return new Promise<void>((resolve) => {
            void client.get('user:2', (error, value) => {
              expect([error, value]).toEqual([null, null]);
              resolve();
            });
          });
        }),
      ),
    );
    const spans = recorded.spans();
    expect(spans).toHaveLength(400);
    for (let i = 0; i < 200; i++) {
      const found = { 'db.operation.name': 'GET', 'db.query.text': 'GET user:*', 'cache.hit': i % 2 === 1 };
      expect(below(spans, `caller ${i}`).map(whole)).toEqual([call('GET', { ...target, ...found })]);
    }
  });

  it('keeps a command with its caller through the offline queue and a lost connection', async () => {
    const client = connect({ retryStrategy: () => 5 });
    // Before it is connected.
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => recorded.inSpan(`early ${i}`, () => client.get(`user:${i}`))),
    );
    for (let i = 0; i < 20; i++) expect(below(recorded.spans(), `early ${i}`)).toHaveLength(1);
    const id = await client.client('ID');
    recorded.clear();

    // In flight when the connection goes: sent once more over the next.
    const blocked = recorded.inSpan('blocked', () => client.blpop('list:1', 5));
    const behind = recorded.inSpan('behind', () => client.get('user:1'));
    const other = connect();
    await other.ping();
    await other.client('KILL', 'ID', id);
    await once(client, 'ready');
    await other.rpush('list:1', 'x');
    expect(await blocked).toEqual(['list:1', 'x']);
    expect(await behind).toBeNull();
    const spans = recorded.spans();
    expect(below(spans, 'blocked').map(whole)).toEqual([
      call('BLPOP', { ...target, 'db.operation.name': 'BLPOP', 'db.query.text': 'BLPOP list:* ?' }),
    ]);
    expect(below(spans, 'behind').map(whole)).toEqual([
      call('GET', { ...target, 'db.operation.name': 'GET', 'db.query.text': 'GET user:*', 'cache.hit': false }),
    ]);
  });

  it('ends the span of a command that is given up, with the reason', async () => {
    const lost = connect({ lazyConnect: true, maxRetriesPerRequest: 0 });
    lost.options.port = 1;
    await recorded.inSpan('lost', () => expect(lost.get('user:1')).rejects.toThrow('Reached the max retries'));
    const ended = connect();
    await ended.quit();
    if (ended.status !== 'end') await once(ended, 'end');
    await recorded.inSpan('ended', () => expect(ended.get('user:1')).rejects.toThrow('Connection is closed'));
    const spans = recorded.spans();
    const get = { ...target, 'db.operation.name': 'GET', 'db.query.text': 'GET user:*' };
    expect(below(spans, 'lost').map(whole)).toEqual([
      {
        ...call('GET', { ...get, 'server.port': 1, 'error.type': 'MaxRetriesPerRequestError' }),
        status: { code: 'ERROR', message: expect.stringContaining('Reached the max retries') },
      },
    ]);
    expect(below(spans, 'ended').map(whole)).toEqual([
      {
        ...call('GET', { ...get, 'error.type': 'Error' }),
        status: { code: 'ERROR', message: 'Connection is closed.' },
      },
    ]);
  });

  it('has no spans for connecting, nor for a worker that waits for its next job', async () => {
    const client = connect({ connectionName: 'worker' });
    await once(client, 'ready');
    expect(await client.brpop('jobs', 0.02)).toBeNull();
    expect(await client.xread('BLOCK', 20, 'STREAMS', 'events', '$')).toBeNull();
    expect(recorded.spans()).toEqual([]);
    // One that does not wait is a command like any.
    await client.xread('STREAMS', 'events', '0');
    expect(recorded.spans().map(whole)).toEqual([
      call('XREAD', { ...target, 'db.operation.name': 'XREAD', 'db.query.text': 'XREAD ?' }),
    ]);
  });

  it('runs the handlers of messages outside the trace that opened the connection', async () => {
    const subscriber = connect({ lazyConnect: true });
    const publisher = connect();
    const other = connect();
    const handled = new Promise<void>((resolve) => {
      subscriber.on('message', () => void other.incr(`seen:${server.database}`).then(() => resolve()));
    });
    const channel = `news:${server.database}`;
    await recorded.inSpan('subscribing', () => subscriber.subscribe(channel));
    await recorded.inSpan('publishing', () => publisher.publish(channel, 'x'));
    await handled;
    const spans = recorded.spans();
    expect(below(spans, 'subscribing').map((span) => span.name)).toEqual(['SUBSCRIBE']);
    expect(below(spans, 'publishing').map((span) => span.name)).toEqual(['PUBLISH']);
    expect(spans.find((span) => span.name === 'INCR')).toMatchObject({ parentSpanId: '' });
  });

  it('is not impressed by keys and replies of any kind', async () => {
    const client = connect();
    const long = 'k'.repeat(1_000_000);
    await recorded.inSpan('caller', async () => {
      await client.set(long, 'x');
      expect(await client.get(long)).toBe('x');
      await client.set(Buffer.from([0, 255, 254]), 'x');
      await client.set('', 'x');
      await client.get('user:\u0000\r\n"; DROP');
      await client.get('__proto__:constructor');
      // Replies that are not what the command usually gives.
      await client.eval('return {1, {2, "three"}, false}', 0);
      await client.call('COMMAND', 'COUNT');
      expect(await client.set('user:1', 'y', 'GET')).toBeNull();
    });
    const texts = below(recorded.spans(), 'caller').map((span) => span.attributes['db.query.text']);
    expect(texts).toEqual([
      'SET * ?',
      'GET *',
      'SET * ?',
      'SET * ?',
      'GET user:*',
      'GET *',
      'EVAL ?',
      'COMMAND ?',
      'SET user:* ?',
    ]);
  });
});

it('counts and measures in metrics', async () => {
  const { default: Client } = library('ioredis', undefined).require('ioredis') as typeof import('ioredis');
  const client = new Client(server.url);
  await client.flushdb();
  await client.set('user:1', 'x');
  await client.mget('user:1', 'user:2', 'user:3');
  await client.hget('user:1', 'name').catch(() => {});
  await client.blpop('list:1', 0.01);
  client.disconnect();
  const metrics = await recorded.metrics();
  const name = `${server.host}:${server.port}/${server.database}`;
  const lookups = metrics.find((metric) => metric.name === 'cache.lookups')!.points;
  const sum = (hit: boolean): number =>
    lookups
      .filter(({ attributes }) => attributes['cache.name'] === name && attributes['cache.hit'] === hit)
      .reduce((total, { value }) => total + value!, 0);
  expect([sum(true) > 0, sum(false) > 0]).toEqual([true, true]);
  const operations = metrics.find((metric) => metric.name === 'db.client.operation.duration')!.points;
  expect(operations.map(({ attributes }) => attributes)).toContainEqual({
    ...target,
    'db.operation.name': 'HGET',
    'error.type': 'WRONGTYPE',
  });
  expect(operations.filter(({ attributes }) => attributes['db.operation.name'] === 'BLPOP')).toEqual([]);
});
