/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no MongoDB */
/* What mongoose sends is one span a query, the driver's, which is its own copy of mongodb. */
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  crowd,
  installed,
  only,
  recordSpans,
  spansNamed,
  startMongoDbIfPossible,
  type Installed,
} from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const found = await startMongoDbIfPossible();
if ('missing' in found) it.skip(`mongoose is not tested here: ${found.missing}`, () => {});
const url = 'mongodb' in found ? found.mongodb.url : '';
const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  if ('mongodb' in found) await found.mongodb.stop();
});

describe.skipIf('missing' in found).each(['mongoose-7', 'mongoose-8', 'mongoose'])('%s', (alias) => {
  let app: Installed;
  let mongoose: typeof import('mongoose');
  beforeAll(() => {
    app = installed({ mongoose: alias });
    mongoose = app.require('mongoose') as typeof import('mongoose');
  });
  afterAll(() => app.remove());

  it('has one span a query, and a wait where two connections are taken', async () => {
    const connection = await mongoose.createConnection(url, { maxPoolSize: 2 }).asPromise();
    const Order = connection.model('Order', new mongoose.Schema({ n: Number }));
    await Order.init();
    await Order.create({ n: 1 });
    const own = await crowd(recorded, 30, (n) => Order.findOne({ n }).exec());
    for (const spans of own) {
      expect(spans.filter(({ kind }) => kind === 'CLIENT').map(({ name }) => name)).toEqual(['find orders']);
      expect(spans.length).toBeLessThanOrEqual(2);
    }
    expect(own.flat().filter(({ name }) => name.startsWith('pool.acquire')).length).toBeGreaterThanOrEqual(28);
    await connection.close();
  });

  it('keeps a query that was buffered before the connection below its caller, and waits for no pool meanwhile', async () => {
    const connection = mongoose.createConnection();
    const Order = connection.model(
      'Order',
      new mongoose.Schema({ n: Number }, { autoIndex: false, autoCreate: false }),
    );
    const query = recorded.inSpan('caller', () => Order.findOne({ n: 1 }).exec());
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorded.spans()).toEqual([]);
    await recorded.inSpan('opener', () => connection.openUri(url));
    await query;
    const caller = only(spansNamed(recorded, 'caller'));
    expect(only(spansNamed(recorded, 'find orders')).parentSpanId).toBe(caller.spanId);
    await connection.close();
  });
});
