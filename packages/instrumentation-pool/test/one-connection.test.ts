/* The room's contract on pools of connections that have one. */
import { createRequire } from 'node:module';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { recordSpans } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';
import { roomContract, type OneSlot } from './room-contract.ts';

const recorded = recordSpans(poolInstrumentation());
afterAll(() => recorded.stop());
const require = createRequire(import.meta.url);

interface Pool {
  acquire(): Promise<unknown>;
  release(resource: unknown): unknown;
}

/** Its one resource is open. */
async function oneOf({ acquire, release }: Pool): Promise<OneSlot> {
  release(await acquire());
  return {
    async run(work) {
      const resource = await acquire();
      try {
        return await work();
      } finally {
        release(resource);
      }
    },
  };
}

const create = async (): Promise<object> => ({});
const destroy = async (): Promise<void> => {};

const pools: Record<string, () => Promise<OneSlot>> = {
  tarn() {
    const pool = new (require('tarn').Pool)({ create, destroy, min: 0, max: 1 });
    return oneOf({ acquire: () => pool.acquire().promise, release: (resource) => pool.release(resource) });
  },
  'generic-pool'() {
    const pool = require('generic-pool').createPool({ create, destroy }, { max: 1 });
    return oneOf({ acquire: async () => pool.acquire(), release: (resource) => pool.release(resource) });
  },
  'sequelize-pool'() {
    const pool = new (require('sequelize-pool').Pool)({ create, destroy, validate: () => true, min: 0, max: 1 });
    return oneOf({ acquire: () => pool.acquire(), release: (resource) => pool.release(resource) });
  },
  pg() {
    const client = { connect: (done: () => void) => process.nextTick(done), on() {}, once() {}, removeListener() {} };
    class Client {
      _ending = false;
      _queryable = true;
      constructor() {
        Object.assign(this, client);
      }
    }
    const pool = new (require('pg-pool'))({ Client, max: 1, idleTimeoutMillis: 0, host: 'db', database: 'pg' });
    return oneOf({ acquire: () => pool.connect(), release: (resource: any) => resource.release() });
  },
};

describe.each(Object.entries(pools))('%s', (library, open) => {
  roomContract(recorded, { name: () => library, nameKey: 'db.client.connection.pool.name', open });
});
