import { libraryContract, startedOnce, startTdsServer } from '@foreshock/testkit';
import { dbMutants } from '../../../test/mutants.ts';
import { tedious } from './index.ts';

const server = startedOnce(startTdsServer);

libraryContract(tedious, import.meta.url, {
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'tarnWithQueries',
  },
  env: async () => ({ url: (await server()).url }),
  mutants: dbMutants,
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'microsoft.sql_server', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '208' } },
  },
  skip: { identity: 'what its callers call is not patched', listeners: 'its emitters are its calls' },
});
