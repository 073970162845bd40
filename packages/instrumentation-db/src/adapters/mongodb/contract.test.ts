/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no MongoDB */
import { libraryContract, startMongoDbIfPossible } from '@foreshock/testkit';
import { afterAll, describe, it } from 'vitest';
import { dbMutants } from '../../../test/mutants.ts';
import { mongodb } from './index.ts';

const server = await startMongoDbIfPossible();
if ('missing' in server) it.skip(`mongodb is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('mongodb' in server) await server.mongodb.stop();
});

describe.skipIf('missing' in server)('mongodb', () => {
  libraryContract(mongodb, import.meta.url, {
    instrumentation: {
      module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
      export: 'poolsWithQueries',
    },
    env: async () => ({ url: 'mongodb' in server ? server.mongodb.url : '' }),
    mutants: dbMutants,
    expect: {
      span: {
        name: 'aggregate songs',
        kind: 'CLIENT',
        attributes: { 'db.system.name': 'mongodb', 'db.operation.name': 'aggregate', 'db.collection.name': 'songs' },
      },
      error: { name: 'aggregate songs', attributes: { 'error.type': '2', 'db.response.status_code': '2' } },
    },
    skip: { callback: 'it has promises only' },
  });
});
