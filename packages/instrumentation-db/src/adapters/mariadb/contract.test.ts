import { libraryContract, startedOnce, startMariaDb } from '@foreshock/testkit';
import { dbMutants } from '../../../test/mutants.ts';
import { mariadb } from './index.ts';

const server = startedOnce(startMariaDb);

libraryContract(mariadb, import.meta.url, {
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'poolsWithQueries',
  },
  env: async () => ({ url: (await server()).url }),
  mutants: dbMutants,
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'mariadb', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '1146' } },
  },
});
