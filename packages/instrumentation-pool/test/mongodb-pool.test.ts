/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no MongoDB */
import { once } from 'node:events';
import {
  installed,
  only,
  recordSpans,
  shows,
  spansNamed,
  startMongoDbIfPossible,
  startTcpProxy,
  waits,
  type Installed,
  type TcpProxy,
} from '@foreshock/testkit';
import type { Collection, MongoClient, MongoClientOptions } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { poolsWithQueries } from './with-queries.ts';

const found = await startMongoDbIfPossible();
if ('missing' in found) it.skip(`mongodb is not tested here: ${found.missing}`, () => {});
const url = 'mongodb' in found ? found.mongodb.url : '';
const recorded = recordSpans(poolsWithQueries());
const clients: MongoClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  recorded.clear();
});
afterAll(async () => {
  recorded.stop();
  if ('mongodb' in found) await found.mongodb.stop();
});

describe.skipIf('missing' in found).each(['mongodb', 'mongodb-5-0'])('%s', (alias) => {
  let app: Installed;
  beforeAll(() => void (app = installed({ mongodb: alias })));
  afterAll(() => app.remove());

  interface Full {
    client: MongoClient;
    orders: Collection;
    proxy: TcpProxy;
    /** Resolves when the one connection is free again. */
    free(): Promise<unknown>;
  }

  /** Its one connection waits for an answer to `holder`. */
  async function openFull(options: MongoClientOptions = {}): Promise<Full> {
    const { MongoClient } = app.require('mongodb') as typeof import('mongodb');
    const { port, pathname } = new URL(url);
    const proxy = await startTcpProxy(Number(port));
    const target = `mongodb://127.0.0.1:${proxy.port}${pathname}?directConnection=true`;
    const client = new MongoClient(target, { maxPoolSize: 1, ...options });
    clients.push(client);
    const orders = client.db().collection('orders');
    await orders.findOne();
    recorded.clear();
    const asked = proxy.hold('orders');
    const holder = recorded.inSpan('holder', () => orders.findOne().catch(() => {}));
    await asked;
    return {
      client,
      orders,
      proxy,
      free() {
        proxy.release();
        return holder;
      },
    };
  }

  it('shows a wait in its caller’s trace, with state, reason and holder, beside the query', async () => {
    shows('mongodb', ['wait', 'state'], app.versions['mongodb']);
    const { orders, proxy, free } = await openFull();
    const waiting = recorded.inSpan('waiting', () => orders.countDocuments());
    const outside = orders.estimatedDocumentCount();
    await free();
    await Promise.all([waiting, outside]);
    const caller = only(spansNamed(recorded, 'waiting'));
    const holder = only(spansNamed(recorded, 'holder'));
    const name = `127.0.0.1:${proxy.port}`;
    const [wait, query] = recorded.spans().filter(({ parentSpanId }) => parentSpanId === caller.spanId);
    expect(wait).toMatchObject({
      name: 'pool.acquire 127.0.0.1',
      kind: 'INTERNAL',
      status: { code: 'UNSET' },
      links: [{ traceId: holder.traceId, spanId: holder.spanId }],
      attributes: {
        'db.system.name': 'mongodb',
        'db.client.connection.pool.name': name,
        'pool.used': 1,
        'pool.idle': 0,
        'pool.pending': 0,
        'pool.limit': 1,
        'pool.wait_reason': 'queue',
        'pool.holder.operation': 'find orders',
        'pool.holder.trace_id': holder.traceId,
      },
    });
    expect(query).toMatchObject({
      name: 'aggregate orders',
      attributes: { 'db.client.connection.pool.name': name, 'pool.used': 1, 'pool.wait_reason': 'queue' },
    });
    // The caller without a span waited second: its wait and its command are one trace.
    const own = waits(recorded).find(({ parentSpanId }) => parentSpanId === '');
    expect(own!.attributes['pool.pending']).toBe(1);
    expect(only(spansNamed(recorded, 'count orders')).traceId).toBe(own!.traceId);
  });

  it('fails a wait with `timeout` after waitQueueTimeoutMS, and counts those who left no more', async () => {
    // Long enough for both to wait at a time.
    const { orders, free } = await openFull({ waitQueueTimeoutMS: 500 });
    const failures = await Promise.all(
      ['one', 'two'].map((caller) => recorded.inSpan(caller, () => orders.findOne().catch(({ name }: Error) => name))),
    );
    expect(failures).toEqual(['MongoWaitQueueTimeoutError', 'MongoWaitQueueTimeoutError']);
    await recorded.inSpan('three', () => orders.findOne().catch(() => {}));
    await free();
    expect(waits(recorded).map(({ attributes }) => [attributes['error.type'], attributes['pool.pending']])).toEqual([
      ['timeout', 0],
      ['timeout', 1],
      ['timeout', 0],
    ]);
  });

  it('ends the waits of a client that is closed', async () => {
    const { client, orders, proxy } = await openFull({ retryReads: false });
    const calls = Array.from({ length: 100 }, (_, i) =>
      recorded.inSpan(`caller ${i}`, () => orders.findOne().catch(({ name }: Error) => name)),
    );
    // All wait.
    await new Promise((resolve) => setImmediate(resolve));
    const closed = client.close(true);
    proxy.stop();
    await Promise.all([closed, ...calls]);
    const ended = waits(recorded).filter(({ parentSpanId }) => parentSpanId !== '');
    expect(ended).toHaveLength(100);
    for (const { status } of ended) expect(status.code).toBe('ERROR');
  });

  it('shows no wait for a connection that was opened in advance', async () => {
    const { MongoClient } = app.require('mongodb') as typeof import('mongodb');
    const client = new MongoClient(url, { minPoolSize: 1 });
    clients.push(client);
    const ready = once(client, 'connectionReady');
    await client.connect();
    await ready;
    await new Promise((resolve) => setImmediate(resolve));
    recorded.clear();
    const orders = client.db().collection('orders');
    await recorded.inSpan('caller', () => {
      const found = orders.findOne();
      // Longer than an idle connection takes.
      queueMicrotask(() => {
        for (const start = performance.now(); performance.now() - start < 20;);
      });
      return found;
    });
    expect(recorded.spans().map(({ name }) => name)).toEqual(['find orders', 'caller']);
  });
});

describe.skipIf('missing' in found)('mongodb', () => {
  it('ends the wait of a caller whose signal aborts', async () => {
    const { MongoClient } = await import('mongodb');
    const { port, pathname } = new URL(url);
    const proxy = await startTcpProxy(Number(port));
    const client = new MongoClient(`mongodb://127.0.0.1:${proxy.port}${pathname}?directConnection=true`, {
      maxPoolSize: 1,
    });
    clients.push(client);
    const orders = client.db().collection('orders');
    await orders.findOne();
    recorded.clear();
    const asked = proxy.hold('orders');
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const call = ({ signal }: AbortController, i: number): Promise<unknown> =>
      recorded.inSpan(`caller ${i}`, () => orders.findOne({}, { signal }).catch(({ name }: Error) => name));
    const [held, live, waiting] = controllers.map(call);
    await asked;
    controllers[2]!.abort();
    await waiting;
    // It is behind a live one, so the queue still has the one that left.
    const later = new AbortController();
    const last = call(later, 3);
    await new Promise((resolve) => setImmediate(resolve));
    for (const controller of [later, controllers[1]!, controllers[0]!]) controller.abort();
    expect(await Promise.all([held, live, waiting, last])).toEqual(Array.from({ length: 4 }, () => 'AbortError'));
    expect(waits(recorded).map(({ attributes }) => [attributes['error.type'], attributes['pool.pending']])).toEqual([
      ['AbortError', 1],
      ['AbortError', 1],
      ['AbortError', 0],
    ]);
    expect(only(spansNamed(recorded, 'find orders'))).toMatchObject({
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'AbortError' },
    });
  });
});
