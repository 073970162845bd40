import { connect, createServer, type Server, type Socket } from 'node:net';
import { cacheInstrumentation } from '@foreshock/instrumentation-cache';
import { recordSpans, startRedis, type Redis as RedisServer } from '@foreshock/testkit';
import type { Redis, RedisOptions } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { library } from './library.ts';
import { below, whole } from './spans.ts';

const recorded = recordSpans(cacheInstrumentation());
let redis: RedisServer;
/** Before Redis; while `isSilent` nothing gets through it. */
let proxy: Server;
let port: number;
let isSilent = false;
const sockets = new Set<Socket>();
beforeAll(async () => {
  redis = await startRedis();
  proxy = createServer((socket) => {
    const upstream = connect(redis.port, redis.host);
    for (const each of [socket, upstream]) sockets.add(each.on('error', () => {}));
    socket.on('data', (bytes) => !isSilent && upstream.write(bytes)).once('close', () => upstream.destroy());
    upstream.on('data', (bytes) => socket.write(bytes)).once('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  ({ port } = proxy.address() as { port: number });
});
afterAll(async () => {
  recorded.stop();
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await redis.stop();
});
beforeEach(() => {
  recorded.clear();
  isSilent = false;
});

function timedOut(phase: string, message?: string, to = port): object {
  return {
    name: 'GET',
    kind: 'CLIENT',
    attributes: {
      'db.system.name': 'redis',
      'db.namespace': '0',
      'server.address': '127.0.0.1',
      'server.port': to,
      'db.operation.name': 'GET',
      'db.query.text': 'GET user:*',
      'error.type': 'timeout',
      'db.timeout_phase': phase,
    },
    status: { code: 'ERROR', ...(message !== undefined && { message }) },
  };
}

describe.each([
  ['ioredis', 'ioredis-5-0'],
  ['ioredis', undefined],
  ['iovalkey', 'iovalkey-0-1'],
  ['iovalkey', undefined],
])('%s %s', (name, alias) => {
  const app = library(name, alias);
  afterAll(() => app.remove());
  const connected = (): Redis => {
    const Client = app.require(name).default as new (options: RedisOptions) => Redis;
    const client = new Client({ host: '127.0.0.1', port, commandTimeout: 200 });
    return client.on('error', () => {});
  };

  it('a command that is not answered in time is a time-out', async () => {
    const client = connected();
    await new Promise((resolve) => client.once('ready', resolve));
    isSilent = true;
    await recorded.inSpan('caller', () => expect(client.get('user:1')).rejects.toThrow('Command timed out'));
    client.disconnect();
    expect(below(recorded.spans(), 'caller').map(whole)).toEqual([timedOut('ttfb', 'Command timed out')]);
  });

  it('so is one that its client keeps until it is connected', async () => {
    isSilent = true;
    const client = connected();
    await recorded.inSpan('caller', () => expect(client.get('user:1')).rejects.toThrow('Command timed out'));
    client.disconnect();
    expect(below(recorded.spans(), 'caller').map(whole)).toEqual([timedOut('connect', 'Command timed out')]);
  });
});

it('redis: a command that is not written in time is a time-out', async () => {
  const { createClient } = library('redis', undefined).require('redis') as typeof import('redis');
  // Nobody listens there.
  const client = createClient({ socket: { host: '127.0.0.1', port: 1 }, commandOptions: { timeout: 200 } });
  client.on('error', () => {});
  void client.connect().catch(() => {});
  await recorded.inSpan('caller', () => expect(client.get('user:1')).rejects.toThrow(''));
  client.destroy();
  expect(below(recorded.spans(), 'caller').map(whole)).toEqual([timedOut('connect', undefined, 1)]);
});
