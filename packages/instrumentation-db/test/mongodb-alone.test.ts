/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no MongoDB */
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { installed, only, recordSpans, spansNamed, startMongoDbIfPossible } from '@foreshock/testkit';
import { afterAll, describe, expect, it } from 'vitest';

const found = await startMongoDbIfPossible();
if ('missing' in found) it.skip(`mongodb is not tested here: ${found.missing}`, () => {});
const url = 'mongodb' in found ? found.mongodb.url : '';
const recorded = recordSpans(dbInstrumentation());
afterAll(async () => {
  recorded.stop();
  if ('mongodb' in found) await found.mongodb.stop();
});

describe.skipIf('missing' in found)('without the room of pools', () => {
  it.each(['mongodb', 'mongodb-5-0'])('%s: callers that wait for a connection keep their traces', async (alias) => {
    const app = installed({ mongodb: alias });
    const { MongoClient } = app.require('mongodb') as typeof import('mongodb');
    const client = new MongoClient(url, { maxPoolSize: 1 });
    const orders = client.db().collection('orders');
    await orders.findOne();
    recorded.clear();
    const callers = ['one', 'two', 'three'];
    await Promise.all(callers.map((caller) => recorded.inSpan(caller, () => orders.findOne())));
    const queries = spansNamed(recorded, 'find orders');
    expect(queries.map(({ parentSpanId }) => parentSpanId)).toEqual(
      callers.map((caller) => only(spansNamed(recorded, caller)).spanId),
    );
    for (const { attributes } of queries) expect(attributes).not.toHaveProperty(['retry.attempt']);
    await client.close();
    app.remove();
  });
});
