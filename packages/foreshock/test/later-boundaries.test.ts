import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { NODES, runFixture, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let collector: Collector;
let server: Server;
let url: string;
beforeAll(async () => {
  collector = await startCollector();
  server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => collector.clear());
afterAll(async () => {
  server.close();
  await collector.close();
});

interface Asked {
  libraries: readonly string[];
  worker?: boolean;
  esm?: boolean;
  url?: string;
}

async function boundariesOf(asked: Asked, { node = 24 as 22 | 24 | 26, env = {} } = {}): Promise<string[]> {
  const app = await runFixture(new URL('./fixtures/later-boundaries.cjs', import.meta.url), {
    node,
    preload: asked.esm ? 'import' : 'require',
    args: [JSON.stringify(asked)],
    collector,
    env,
  });
  const { code, stdout, stderr } = await app.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(collector.spans.filter(({ name }) => name === 'by hand')).toHaveLength(1);
  return JSON.parse(stdout) as string[];
}

describe.each(NODES)('Node %i', (node) => {
  it.each([
    { worker: false, esm: false },
    { worker: false, esm: true },
    { worker: true, esm: false },
    { worker: true, esm: true },
  ])('reads a boundary when one of its libraries loads: %o', async (where) => {
    expect(await boundariesOf({ libraries: [], ...where }, { node })).toEqual([]);
    collector.clear();
    expect(await boundariesOf({ libraries: ['pg', 'p-limit'], ...where }, { node })).toEqual(['db', 'pool']);
  });
});

it.each([
  [['node:http'], ['http', 'resilience']],
  [['lru-cache'], ['cache']],
  [['bullmq'], ['queue']],
  // It asks by `node:http`.
  [['@aws-sdk/client-sqs'], ['http', 'queue', 'resilience']],
  [['ioredis'], ['cache']],
  // It has `node:http` for proxies.
  [['@grpc/grpc-js'], ['http', 'resilience', 'rpc']],
  [['opossum'], ['resilience']],
])('%j reads %j', async (libraries, boundaries) => {
  expect(await boundariesOf({ libraries })).toEqual(boundaries);
});

it('`fetch` reads those that see it, and its first call is traced', async () => {
  for (const worker of [false, true]) {
    collector.clear();
    expect(await boundariesOf({ libraries: [], worker, url })).toEqual(['http', 'resilience']);
    expect(collector.spans.filter(({ kind }) => kind === 'CLIENT')).toMatchObject([{ name: 'GET' }]);
  }
});

it('reads no boundary whose libraries are all disabled', async () => {
  const env = { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pg' };
  expect(await boundariesOf({ libraries: ['pg', 'lru-cache', 'bullmq', 'node:http'] }, { env })).toEqual([
    'db',
    'pool',
    'resilience',
  ]);
});
