/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no MongoDB */
import { once } from 'node:events';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
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
  type ReceivedSpan,
  type TcpProxy,
} from '@foreshock/testkit';
import type { Collection, MongoClient, MongoClientOptions } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const found = await startMongoDbIfPossible();
if ('missing' in found) it.skip(`mongodb is not tested here: ${found.missing}`, () => {});
const url = 'mongodb' in found ? found.mongodb.url : '';
const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
const clients: MongoClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  recorded.clear();
});
afterAll(async () => {
  recorded.stop();
  if ('mongodb' in found) await found.mongodb.stop();
});

/** Of the driver, below a span. */
function below(caller: string): ReceivedSpan[] {
  const { spanId } = only(spansNamed(recorded, caller));
  return recorded.spans().filter((span) => span.parentSpanId === spanId);
}

const namesBelow = (caller: string): string[] =>
  below(caller)
    .filter(({ kind }) => kind === 'CLIENT')
    .map(({ name }) => name);

describe.skipIf('missing' in found).each(['mongodb', 'mongodb-5-0'])('%s', (alias) => {
  let app: Installed;
  beforeAll(() => void (app = installed({ mongodb: alias })));
  afterAll(() => app.remove());

  function open(options: MongoClientOptions = {}, to = url): MongoClient {
    const { MongoClient } = app.require('mongodb') as typeof import('mongodb');
    const client = new MongoClient(to, options);
    clients.push(client);
    return client;
  }

  /** Through a proxy, to one member of the replica set. */
  async function openThrough(options: MongoClientOptions = {}): Promise<{ proxy: TcpProxy; orders: Collection }> {
    const { port, pathname } = new URL(url);
    const proxy = await startTcpProxy(Number(port));
    const client = open(options, `mongodb://127.0.0.1:${proxy.port}${pathname}?directConnection=true`);
    const orders = client.db().collection('orders');
    await orders.findOne();
    recorded.clear();
    return { proxy, orders };
  }

  /** With `count` documents, and an open connection. */
  async function collectionOf(count: number, options: MongoClientOptions = {}): Promise<Collection<{ n: number }>> {
    const orders = open(options)
      .db()
      .collection<{ n: number }>(`orders_${Math.random().toString(36).slice(2)}`);
    if (count > 0) await orders.insertMany(Array.from({ length: count }, (_, n) => ({ n })));
    else await orders.findOne();
    recorded.clear();
    return orders;
  }

  it('describes a command, without its values', async () => {
    const orders = await collectionOf(0);
    const { hostname, port, pathname } = new URL(url);
    await recorded.inSpan('caller', () => orders.insertMany([{ n: 4711 }, { n: 4712 }]));
    const [insert] = below('caller');
    expect(insert).toMatchObject({
      name: `insert ${orders.collectionName}`,
      kind: 'CLIENT',
      status: { code: 'UNSET' },
      events: [],
    });
    expect(insert!.attributes).toEqual({
      'db.system.name': 'mongodb',
      'db.namespace': pathname.slice(1),
      'db.operation.name': 'insert',
      'db.collection.name': orders.collectionName,
      'db.query.summary': `insert ${orders.collectionName}`,
      'db.operation.batch.size': 2,
      'server.address': hostname,
      'server.port': Number(port),
      'db.client.connection.pool.name': `${hostname}:${port}`,
      'pool.used': 0,
      'pool.idle': 1,
      'pool.pending': 0,
      'pool.limit': 100,
    });
  });

  it('names a command without a collection by its operation', async () => {
    const orders = await collectionOf(0);
    const client = clients.at(-1)!;
    await recorded.inSpan('caller', async () => {
      await client.db().command({ ping: 1 });
      // The value is a user.
      await client
        .db()
        .command({ usersInfo: 'alice' })
        .catch(() => {});
      await orders.drop();
    });
    expect(namesBelow('caller')).toEqual(['ping', 'usersInfo', `drop ${orders.collectionName}`]);
  });

  it('names no collection longer than the server takes', async () => {
    await collectionOf(0);
    const long = clients.at(-1)!.db().collection('x'.repeat(10_000));
    await recorded.inSpan('caller', () => long.findOne().catch(() => {}));
    expect(namesBelow('caller')).toEqual(['find']);
  });

  it('shows each round trip of a cursor below its caller', async () => {
    const orders = await collectionOf(5);
    const name = orders.collectionName;
    await recorded.inSpan('toArray', () => orders.find().batchSize(2).toArray());
    await recorded.inSpan('for await', async () => {
      for await (const _ of orders.find().batchSize(4));
    });
    await recorded.inSpan('next', async () => {
      const cursor = orders.find().batchSize(2);
      await cursor.next();
      await cursor.close();
    });
    await recorded.inSpan('stream', async () => {
      const stream = orders.find().batchSize(4).stream();
      await once(stream.resume(), 'end');
    });
    const [find, more] = [`find ${name}`, `getMore ${name}`];
    expect(namesBelow('toArray').slice(0, 3)).toEqual([find, more, more]);
    expect(namesBelow('for await')).toEqual([find, more]);
    expect(namesBelow('next')).toEqual([find, `killCursors ${name}`]);
    expect(namesBelow('stream')).toEqual([find, more]);
  });

  it('shows each command of a bulk write', async () => {
    const orders = await collectionOf(1);
    await recorded.inSpan('caller', () =>
      orders.bulkWrite([
        { insertOne: { document: { n: 1 } } },
        { insertOne: { document: { n: 2 } } },
        { updateOne: { filter: { n: 1 }, update: { $set: { n: 3 } } } },
        { deleteOne: { filter: { n: 2 } } },
      ]),
    );
    const name = orders.collectionName;
    expect(namesBelow('caller')).toEqual([`insert ${name}`, `update ${name}`, `delete ${name}`]);
    expect(below('caller').map(({ attributes }) => attributes['db.operation.batch.size'])).toEqual([
      2,
      undefined,
      undefined,
    ]);
  });

  it('fails with the code of the server, also where it accepted the command', async () => {
    const orders = await collectionOf(0);
    await orders.insertOne({ _id: 'alice' as never, n: 1 });
    await recorded.inSpan('duplicate', () => orders.insertOne({ _id: 'alice' as never, n: 1 }).catch(() => {}));
    await recorded.inSpan('refused', () =>
      orders
        .find({ $bob: 1 } as object)
        .toArray()
        .catch(() => {}),
    );
    expect(only(below('duplicate'))).toMatchObject({
      status: { code: 'ERROR', message: 'E11000 duplicate key error' },
      attributes: { 'error.type': '11000', 'db.response.status_code': '11000' },
    });
    expect(only(below('refused'))).toMatchObject({
      status: { code: 'ERROR', message: 'unknown top level operator' },
      attributes: { 'error.type': '2', 'db.response.status_code': '2' },
    });
  });

  it('keeps the commands of a session and a transaction below their caller', async () => {
    const orders = await collectionOf(1);
    const client = clients.at(-1)!;
    await recorded.inSpan('caller', async () => {
      const session = client.startSession();
      await orders.findOne({}, { session });
      // FerretDB has no transactions.
      await session.withTransaction(() => orders.insertOne({ n: 2 }, { session })).catch(() => {});
      await session.endSession();
    });
    const name = orders.collectionName;
    expect(namesBelow('caller')).toEqual([`find ${name}`, `insert ${name}`, 'abortTransaction']);
  });

  it.each([
    ['read', 'find', (orders: Collection) => orders.findOne({ n: 1 })],
    ['write', 'insert', (orders: Collection) => orders.insertOne({ n: 1 })],
  ])('shows the second attempt of a %s', async (_, operation, call) => {
    shows('mongodb', ['attempt or hit'], app.versions['mongodb']);
    const { proxy, orders } = await openThrough();
    proxy.cut('orders');
    await recorded.inSpan('caller', () => call(orders));
    const [first, second, ...others] = below('caller').filter(({ kind }) => kind === 'CLIENT');
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      name: `${operation} orders`,
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'MongoNetworkError' },
    });
    expect(first!.attributes).not.toHaveProperty(['retry.attempt']);
    expect(second).toMatchObject({
      name: `${operation} orders`,
      status: { code: 'UNSET' },
      attributes: { 'retry.attempt': 2, 'retry.policy': 'mongodb' },
    });
  });

  it('counts no attempt where the application calls again', async () => {
    const { proxy, orders } = await openThrough({ retryReads: false });
    proxy.cut('orders');
    await recorded.inSpan('caller', () => orders.findOne().catch(() => orders.findOne()));
    const found = below('caller').filter(({ kind }) => kind === 'CLIENT');
    expect(found.map(({ status }) => status.code)).toEqual(['ERROR', 'UNSET']);
    expect(found[1]!.attributes).not.toHaveProperty(['retry.attempt']);
  });

  it('ends every span when the server is gone', async () => {
    const { proxy, orders } = await openThrough({ maxPoolSize: 2, serverSelectionTimeoutMS: 100 });
    const asked = proxy.hold('orders');
    const calls = Array.from({ length: 100 }, (_, i) =>
      recorded.inSpan(`caller ${i}`, () => orders.findOne().then(String, ({ name }: Error) => name)),
    );
    await asked;
    proxy.stop();
    expect(new Set(await Promise.all(calls))).not.toContain('null');
    expect(waits(recorded).length).toBeGreaterThanOrEqual(98);
    for (const wait of waits(recorded)) expect(wait.status.code).toBe('ERROR');
    for (const sent of spansNamed(recorded, 'find orders')) {
      expect(sent).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'MongoNetworkError' } });
    }
  });

  it('has no span of heart-beats, handshakes and the end of sessions', async () => {
    const client = open({ heartbeatFrequencyMS: 500, minPoolSize: 2, monitorCommands: true });
    await recorded.inSpan('caller', () => client.db().collection('orders').findOne());
    await once(client, 'serverHeartbeatSucceeded');
    await client.close();
    expect(
      recorded
        .spans()
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('pool.')),
    ).toEqual(['find orders', 'caller']);
  });

  it('shows the beginning of a tailable cursor, but not that it asks for more', async () => {
    const client = open({ monitorCommands: true });
    const name = `log_${alias.replaceAll('-', '_')}`;
    const log = await client.db().createCollection(name, { capped: true, size: 10_000 });
    await log.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
    recorded.clear();
    const sent: string[] = [];
    client.on('commandStarted', ({ commandName }) => sent.push(commandName));
    await recorded.inSpan('caller', async () => {
      const cursor = log.find({}, { tailable: true, batchSize: 1 });
      for (let i = 0; i < 3; i++) await cursor.next();
    });
    expect(sent).toEqual(['find', 'getMore', 'getMore']);
    expect(namesBelow('caller')).toEqual([`find ${name}`]);
  });

  it('shows the beginning of a change stream, but not that it asks for more', async () => {
    const orders = await collectionOf(3, { monitorCommands: true });
    const sent: string[] = [];
    clients.at(-1)!.on('commandStarted', ({ commandName }) => sent.push(commandName));
    await recorded.inSpan('caller', async () => {
      const stream = orders.watch([], { batchSize: 1 });
      // FerretDB has no change streams: its documents instead.
      const { cursor } = stream as unknown as { cursor: { pipeline: object[] } };
      cursor.pipeline.splice(0, 1, { $match: {} });
      await stream.next();
      await stream.next();
      await stream.close();
    });
    expect(sent.slice(0, 2)).toEqual(['aggregate', 'getMore']);
    expect(namesBelow('caller')).not.toContain(`getMore ${orders.collectionName}`);
    expect(namesBelow('caller')[0]).toBe(`aggregate ${orders.collectionName}`);
  });
});
