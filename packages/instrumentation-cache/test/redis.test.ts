import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { recordSpans, shows, startRedis, testedVersions, versionOf, type Redis as Server } from '@foreshock/testkit';
import type { RedisClientOptions, RedisClientType } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { library } from './library.ts';
import { below, call, whole } from './spans.ts';

// Stampedes have their own tests; here they would be reported in other tests.
const recorded = recordSpans([cacheInstrumentation({ stampedeCallers: 1_000 }), poolInstrumentation()]);
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

const VERSIONS = ['redis-4-0', 'redis-4-7', 'redis-5-0', 'redis-5-11', 'redis-5-12', undefined];

type Client = RedisClientType<any, any, any>;

describe.each(testedVersions(VERSIONS))('redis %s', (alias) => {
  const app = library('redis', alias);
  const isRedis4 = alias?.startsWith('redis-4') === true;
  const clients: Client[] = [];
  const make = (options: RedisClientOptions<any, any, any> = {}): Client => {
    const { createClient } = app.require('redis') as typeof import('redis');
    const client = createClient({ url: server.url, ...options }) as Client;
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  const connect = async (options?: RedisClientOptions<any, any, any>): Promise<Client> => {
    const client = make(options);
    await client.connect();
    return client;
  };
  const end = async (client: Client): Promise<void> => {
    if (client.isOpen) await (isRedis4 ? client.disconnect() : client.destroy());
  };
  afterAll(() => app.remove());
  beforeEach(async () => {
    await (await connect()).flushDb();
    recorded.clear();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(end));
  });

  it('records a command, its key as a shape, and whether it hit', async () => {
    shows('redis', ['spans', 'attempt or hit'], versionOf(alias ?? 'redis'));
    const client = await connect({ name: 'worker' });
    expect(recorded.spans()).toEqual([]);
    await recorded.inSpan('caller', async () => {
      await client.set('user:42', 'secret');
      expect(await client.get('user:42')).toBe('secret');
      expect(await client.get('user:43')).toBeNull();
      expect(await client.mGet(['user:42', 'user:43', 'user:42'])).toEqual(['secret', null, 'secret']);
      await client.hSet('cart:1', 'pears', 3);
      expect(await client.hmGet('cart:1', ['pears', 'plums'])).toEqual(['3', null]);
      expect({ ...(await client.hGetAll('cart:1')) }).toEqual({ pears: '3' });
      expect({ ...(await client.hGetAll('cart:2')) }).toEqual({});
      expect(await client.sendCommand(['PING'])).toBe('PONG');
      await client.publish('news', 'secret');
    });
    const spans = below(recorded.spans(), 'caller').map(whole);
    const command = (name: string, text: string, more: Record<string, unknown> = {}) =>
      call(name, { ...target, 'db.operation.name': name, 'db.query.text': text, ...more });
    expect(spans).toEqual([
      command('SET', 'SET user:* ?'),
      command('GET', 'GET user:*', { 'cache.hit': true }),
      command('GET', 'GET user:*', { 'cache.hit': false }),
      command('MGET', 'MGET user:* ?', { 'cache.hit': false, 'cache.key_count': 3, 'cache.hit_count': 2 }),
      command('HSET', 'HSET cart:* ?'),
      command('HMGET', 'HMGET cart:* ?', { 'cache.hit': false, 'cache.key_count': 2, 'cache.hit_count': 1 }),
      command('HGETALL', 'HGETALL cart:*', { 'cache.hit': true }),
      command('HGETALL', 'HGETALL cart:*', { 'cache.hit': false }),
      command('PING', 'PING'),
      command('PUBLISH', 'PUBLISH ?'),
    ]);
    expect(JSON.stringify(recorded.spans())).not.toContain('secret');
  });

  it('records an error by its code, without what was quoted from the command', async () => {
    const client = await connect();
    await recorded.inSpan('caller', async () => {
      await expect(client.sendCommand(['NONSENSE', 'secret'])).rejects.toThrow('secret');
      await expect(client.sendCommand(['EVALSHA', '0'.repeat(40), '0'])).rejects.toThrow('NOSCRIPT');
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
      call('EVALSHA', {
        ...target,
        'db.operation.name': 'EVALSHA',
        'db.query.text': 'EVALSHA ?',
        'db.response.status_code': 'NOSCRIPT',
      }),
    ]);
  });

  it('makes one span of a pipeline, and one of a transaction', async () => {
    const client = await connect();
    await client.set('user:1', 'x');
    recorded.clear();
    await recorded.inSpan('caller', async () => {
      expect(await client.multi().get('user:1').get('user:2').set('user:3', 'y').exec(true)).toEqual(['x', null, 'OK']);
      expect(await client.multi().set('user:4', 'z').get('user:4').exec()).toEqual(['OK', 'z']);
      expect(await client.multi().get('user:1').exec()).toEqual(['x']);
      await expect(client.multi().hGet('user:1', 'name').get('user:1').exec(true)).rejects.toThrow('WRONGTYPE');
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
      batch('MULTI', { 'db.operation.batch.size': 2, 'cache.hit': true, 'cache.key_count': 1, 'cache.hit_count': 1 }),
      // Of one command: it is the command.
      batch('GET', { 'db.query.text': 'GET user:*', 'cache.hit': true }),
      {
        ...batch('PIPELINE', {
          'db.operation.batch.size': 2,
          'db.response.status_code': 'WRONGTYPE',
          'error.type': 'WRONGTYPE',
        }),
        status: { code: 'ERROR', message: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
      },
    ]);
  });

  it('puts each of 200 callers over one connection into its own trace', async () => {
    const client = await connect();
    await client.set('user:1', 'x');
    recorded.clear();
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        recorded.inSpan(`caller ${i}`, async () => {
          expect(await client.get(`user:${i}`)).toBe(i === 1 ? 'x' : null);
          await client.get('user:1');
        }),
      ),
    );
    const spans = recorded.spans();
    expect(spans).toHaveLength(600);
    for (let i = 0; i < 200; i++) {
      const get = { ...target, 'db.operation.name': 'GET', 'db.query.text': 'GET user:*' };
      expect(below(spans, `caller ${i}`).map(whole)).toEqual([
        call('GET', { ...get, 'cache.hit': i === 1 }),
        call('GET', { ...get, 'cache.hit': true }),
      ]);
    }
  });

  it('keeps a command with its caller through the offline queue and a lost connection', async () => {
    const client = make();
    const connecting = client.connect();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => recorded.inSpan(`early ${i}`, () => client.get(`user:${i}`))),
    );
    await connecting;
    const get = { ...target, 'db.operation.name': 'GET', 'db.query.text': 'GET user:*', 'cache.hit': false };
    for (let i = 0; i < 20; i++) {
      expect(below(recorded.spans(), `early ${i}`).map(whole)).toEqual([call('GET', get)]);
    }

    const other = await connect();
    const id = String(await client.sendCommand(['CLIENT', 'ID']));
    recorded.clear();
    // In flight when the connection goes: given up. Behind it, while there is none: sent over the next.
    const lost = recorded.inSpan('lost', () =>
      expect(client.blPop('list:1', 5)).rejects.toThrow('Socket closed unexpectedly'),
    );
    const reconnecting = new Promise((resolve) => client.once('reconnecting', resolve));
    await other.sendCommand(['CLIENT', 'KILL', 'ID', id]);
    await reconnecting;
    await recorded.inSpan('behind', () => client.get('user:1'));
    await lost;
    const spans = recorded.spans();
    expect(below(spans, 'lost').map(whole)).toEqual([
      {
        ...call('BLPOP', {
          ...target,
          'db.operation.name': 'BLPOP',
          'db.query.text': 'BLPOP list:* ?',
          'error.type': 'SocketClosedUnexpectedlyError',
        }),
        status: { code: 'ERROR', message: 'Socket closed unexpectedly' },
      },
    ]);
    expect(below(spans, 'behind').map(whole)).toEqual([call('GET', get)]);
  });

  it('says when the client did not take a command', async () => {
    // Connecting takes some places itself.
    const client = await connect({ commandsQueueMaxLength: 20 });
    await recorded.inSpan('full', async () => {
      const taken = Array.from({ length: 20 }, () => client.get('user:1'));
      await expect(client.get('user:2')).rejects.toThrow('The queue is full');
      await Promise.all(taken);
    });
    const errors = below(recorded.spans(), 'full').filter((span) => span.status.code === 'ERROR');
    expect(errors.map((span) => span.attributes['error.type'])).toEqual(['Error']);
    await end(client);
    recorded.clear();
    await recorded.inSpan('closed', () => expect(client.get('user:1')).rejects.toThrow('The client is closed'));
    // In redis 4 a closed client says so before anything that could be seen.
    expect(below(recorded.spans(), 'closed').map((span) => span.attributes['error.type'])).toEqual(
      isRedis4 ? [] : ['ClientClosedError'],
    );
  });

  it('follows SELECT', async () => {
    const client = await connect();
    const id = Number(server.database);
    await recorded.inSpan('caller', async () => {
      await client.select(0);
      await client.get('user:1');
      await client.select(id);
      await client.get('user:1');
    });
    const gets = below(recorded.spans(), 'caller').filter((span) => span.name === 'GET');
    expect(gets.map((span) => span.attributes['db.namespace'])).toEqual(['0', String(id)]);
  });

  it('has no spans for a worker that waits for its next job, nor for subscribers', async () => {
    const client = await connect();
    const other = await connect();
    expect(await client.brPop('jobs', 0.02)).toBeNull();
    expect(await client.xRead({ key: 'events', id: '$' }, { BLOCK: 20 })).toBeNull();
    expect(recorded.spans()).toEqual([]);
    const channel = `news:${server.database}`;
    const handled = new Promise<void>((resolve) => {
      void client.subscribe(channel, () => void other.incr('seen').then(() => resolve()));
    });
    await expect.poll(async () => other.publish(channel, 'x')).toBe(1);
    await handled;
    expect(new Set(recorded.spans().map((span) => [span.name, span.parentSpanId].join('')))).toEqual(
      new Set(['PUBLISH', 'INCR']),
    );
  });

  it('is not impressed by keys and replies of any kind', async () => {
    const client = await connect();
    const long = 'k'.repeat(1_000_000);
    await recorded.inSpan('caller', async () => {
      await client.set(long, 'x');
      expect(await client.get(long)).toBe('x');
      await client.set(Buffer.from([0, 255, 254]) as never, 'x');
      await client.set('', 'x');
      await client.get('user:\u0000\r\n"; DROP');
      await client.get('__proto__:constructor');
      await client.sendCommand(['EVAL', 'return {1, {2, "three"}, false}', '0']);
      await client.sendCommand(['eval', 'return 1', '1', 'user:1', 'secret']);
      await client.get(undefined as never).catch(() => {});
      await client.set('user:1', 'x');
    });
    const texts = below(recorded.spans(), 'caller').map((span) => span.attributes['db.query.text']);
    expect(texts.filter((text) => text !== 'GET ?' && text !== 'GET')).toEqual([
      'SET * ?',
      'GET *',
      'SET * ?',
      'SET * ?',
      'GET user:*',
      'GET *',
      'EVAL ?',
      'EVAL user:* ?',
      'SET user:* ?',
    ]);
  });

  if (isRedis4) return;

  it('records a wait for a pooled client and its holder, and keeps each of 50 callers in its trace', async () => {
    shows('redis', ['wait', 'state', 'parent'], versionOf(alias ?? 'redis'));
    const pool = (await connect()).createPool({ minimum: 2, maximum: 2 });
    await pool.connect();
    recorded.clear();
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => recorded.inSpan(`caller ${i}`, () => pool.get(`user:${i}`))),
    );
    pool.destroy();
    const name = `${server.host}:${server.port}/${server.database}`;
    const spans = recorded.spans();
    const state = { 'db.client.connection.pool.name': name, 'pool.limit': 2 };
    for (let i = 0; i < 50; i++) {
      // On a slow machine the last wait says how long the pool was full.
      const own = below(spans, `caller ${i}`).map((span) => whole({ ...span, events: [] }));
      const get = {
        ...target,
        ...state,
        'db.operation.name': 'GET',
        'db.query.text': 'GET user:*',
        'cache.hit': false,
      };
      if (i < 2) {
        const asked = { 'pool.used': i, 'pool.idle': 2 - i, 'pool.pending': 0 };
        expect(own).toEqual([call('GET', { ...get, ...asked })]);
        continue;
      }
      const waited = {
        'pool.used': 2,
        'pool.idle': 0,
        'pool.pending': i - 2,
        'pool.wait_ms': expect.any(Number),
        'pool.wait_reason': 'queue',
      };
      expect(own).toEqual([
        {
          name: `pool.acquire ${name}`,
          kind: 'INTERNAL',
          attributes: {
            'db.system.name': 'redis',
            ...state,
            ...waited,
            'pool.holder.held_ms': expect.any(Number),
            'pool.holder.trace_id': spans.find((span) => span.name === 'caller 0')!.traceId,
            'pool.holder.operation': 'caller 0',
            'pool.granted.used': 2,
            'pool.granted.idle': 0,
            'pool.granted.pending': 49 - i,
          },
          status: { code: 'UNSET' },
          links: 1,
        },
        call('GET', { ...get, ...waited }),
      ]);
    }
  });

  it('records who a pool kept waiting until a time-out', async () => {
    const pool = (await connect()).createPool({ minimum: 1, maximum: 1, acquireTimeout: 20 });
    await pool.connect();
    recorded.clear();
    let release = (): void => {};
    const held = recorded.inSpan('holder', () =>
      pool.execute(() => new Promise<void>((resolve) => void (release = resolve))),
    );
    await recorded.inSpan('caller', () => expect(pool.get('user:1')).rejects.toThrow('Timeout waiting for a client'));
    release();
    await held;
    // The client was returned, so there is no wait.
    await recorded.inSpan('later', () => pool.get('user:1'));
    pool.destroy();
    const spans = recorded.spans();
    expect(below(spans, 'caller').map(whole)).toMatchObject([
      {
        kind: 'INTERNAL',
        attributes: { 'error.type': 'timeout', 'pool.wait_reason': 'queue', 'pool.holder.operation': 'holder' },
        status: { code: 'ERROR' },
      },
    ]);
    expect(below(spans, 'later').map((span) => span.name)).toEqual(['GET']);
    const metrics = await recorded.metrics();
    expect(metrics.find((metric) => metric.name === 'db.client.connection.timeouts')?.points).toMatchObject([
      { attributes: { 'db.client.connection.pool.name': `${server.host}:${server.port}/${server.database}` } },
    ]);
  });
});

it('counts the hits of the client-side cache, which send nothing', async () => {
  const { createClient } = library('redis', undefined).require('redis') as typeof import('redis');
  const client = createClient({ url: server.url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 10 } });
  await client.connect();
  await client.set('user:1', 'x');
  recorded.clear();
  await recorded.inSpan('caller', async () => {
    expect(await client.get('user:1')).toBe('x');
    expect(await client.get('user:1')).toBe('x');
  });
  client.destroy();
  const spans = recorded.spans();
  expect(below(spans, 'caller').map((span) => span.name)).toEqual(['GET']);
  expect(spans.find((span) => span.name === 'caller')!.attributes).toEqual({
    'cache.local.hits': 1,
    'cache.local.misses': 1,
  });
});
