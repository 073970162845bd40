/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no MongoDB */
import { libraryContract, startMongoDbIfPossible } from '@foreshock/testkit';
import { afterAll, describe, it } from 'vitest';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { mongodbPool } from './index.ts';

const server = await startMongoDbIfPossible();
if ('missing' in server) it.skip(`mongodb is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('mongodb' in server) await server.mongodb.stop();
});

const { instrumentation: _, ...expected } = databasePoolContract('mongodb', {
  attributes: { 'error.type': 'timeout' },
});

describe.skipIf('missing' in server)('mongodb', () => {
  libraryContract(mongodbPool, import.meta.url, {
    env: async () => ({ url: 'mongodb' in server ? server.mongodb.url : '' }),
    // The room alone: each call of a pool sends a command, which would have a span beside the wait's.
    ...expected,
    skip: {
      callback: 'it has promises only',
      connections: 'the adapter of the driver keeps them out of traces: contract of the room db',
    },
  });
});
