import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import {
  recordSpans,
  startRedisCluster,
  testedVersions,
  type ReceivedSpan,
  type RedisCluster,
} from '@foreshock/testkit';
import type { Cluster } from 'ioredis';
import type { RedisClusterType } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { library } from './library.ts';
import { below } from './spans.ts';

const recorded = recordSpans(cacheInstrumentation({ stampedeCallers: 1_000 }));
let cluster: RedisCluster;
let ports: number[];
beforeAll(async () => {
  cluster = await startRedisCluster();
  ports = cluster.urls.map((url) => Number(new URL(url).port));
});
afterAll(async () => {
  recorded.stop();
  await cluster.stop();
});
beforeEach(() => recorded.clear());

const portOf = (span: ReceivedSpan): unknown => span.attributes['server.port'];

describe.each([
  ['ioredis', 'ioredis-5-0'],
  ['ioredis', 'ioredis-5-10'],
  ['ioredis', undefined],
  ['iovalkey', undefined],
])('%s %s', (name, alias) => {
  const app = library(name, alias);
  afterAll(() => app.remove());
  const make = (options: object = {}): Cluster => {
    const { Cluster: Client } = app.require(name) as typeof import('ioredis');
    const client = new Client(cluster.urls, options);
    client.on('error', () => {});
    return client;
  };

  it('puts each of 200 callers into its own trace, over all nodes, from before it is connected', async () => {
    for (const enableAutoPipelining of [false, true]) {
      recorded.clear();
      const client = make({ enableAutoPipelining });
      await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          recorded.inSpan(`caller ${i}`, async () => {
            await client.get(`user:${i}`);
            await new Promise<void>((resolve) => void client.set(`user:${i}`, i, () => resolve()));
          }),
        ),
      );
      client.disconnect();
      const spans = recorded.spans();
      expect(spans).toHaveLength(600);
      const seen = new Set<unknown>();
      for (let i = 0; i < 200; i++) {
        const own = below(spans, `caller ${i}`);
        expect(own.map((span) => span.name)).toEqual(['GET', 'SET']);
        for (const span of own) seen.add(portOf(span));
      }
      expect([...seen].sort()).toEqual([...ports].sort());
    }
  });

  it('has one span of a command that is redirected, with the node that answered', async () => {
    const client = make();
    await client.set('user:1', 'x');
    const slot = Number(await client.cluster('KEYSLOT', 'user:1'));
    const owner = client.slots[slot]![0]!;
    const other = client
      .nodes('master')
      .map(({ options }) => `${options.host}:${options.port}`)
      .find((key) => key !== owner)!;
    recorded.clear();
    client.slots[slot] = [other];
    await recorded.inSpan('caller', async () => expect(await client.get('user:1')).toBe('x'));
    client.slots[slot] = [other];
    await recorded.inSpan('piping', async () =>
      expect(await client.pipeline().get('user:1').get('user:1').exec()).toEqual([
        [null, 'x'],
        [null, 'x'],
      ]),
    );
    client.disconnect();
    const spans = recorded.spans();
    const port = Number(owner.split(':')[1]);
    expect(below(spans, 'caller')).toMatchObject([
      { name: 'GET', attributes: { 'server.port': port, 'cache.hit': true }, status: { code: 'UNSET' } },
    ]);
    expect(below(spans, 'piping')).toMatchObject([
      { name: 'PIPELINE', attributes: { 'server.port': port, 'cache.hit': true, 'cache.hit_count': 2 } },
    ]);
    expect(spans).toHaveLength(4);
  });
});

describe.each(testedVersions(['redis-4-0', 'redis-4-7', 'redis-5-0', undefined]))('redis %s', (alias) => {
  const app = library('redis', alias);
  afterAll(() => app.remove());
  const isRedis4 = alias?.startsWith('redis-4') === true;
  const connect = async (): Promise<RedisClusterType<any, any, any>> => {
    const { createCluster } = app.require('redis') as typeof import('redis');
    const client = createCluster({ rootNodes: cluster.urls.map((url) => ({ url })) });
    client.on('error', () => {});
    await client.connect();
    return client as never;
  };
  const end = (client: RedisClusterType<any, any, any>): unknown => (isRedis4 ? client.disconnect() : client.destroy());

  it('puts each of 200 callers into its own trace, over all nodes', async () => {
    const client = await connect();
    recorded.clear();
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        recorded.inSpan(`caller ${i}`, async () => {
          await client.get(`user:${i}`);
          await client.set(`user:${i}`, String(i));
        }),
      ),
    );
    await end(client);
    const spans = recorded.spans();
    const seen = new Set<unknown>();
    for (let i = 0; i < 200; i++) {
      const own = below(spans, `caller ${i}`);
      expect(own.map((span) => span.name)).toEqual(['GET', 'SET']);
      for (const span of own) seen.add(portOf(span));
    }
    expect([...seen].sort()).toEqual([...ports].sort());
  });

  // Its map of slots is private: nothing to redirect it with.
  if (isRedis4) return;

  it('has a span of each node that a redirected command asked', async () => {
    const client = await connect();
    await client.set('user:1', 'x');
    // CRC16 of it.
    const slots = client.slots as any[];
    const own = slots[10778];
    recorded.clear();
    slots[10778] = slots.find((shard) => shard !== own);
    await recorded.inSpan('caller', async () => expect(await client.get('user:1')).toBe('x'));
    await end(client);
    const asked = below(recorded.spans(), 'caller');
    expect(asked).toMatchObject([
      { name: 'GET', attributes: { 'db.response.status_code': 'MOVED' }, status: { code: 'UNSET' } },
      { name: 'GET', attributes: { 'cache.hit': true }, status: { code: 'UNSET' } },
    ]);
    expect(portOf(asked[0]!)).not.toBe(portOf(asked[1]!));
  });
});
