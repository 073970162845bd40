import { libraryContract, startedOnce, startPostgres } from '@foreshock/testkit';
import { dbMutants } from '../../../test/mutants.ts';
import { postgres } from './index.ts';

const server = startedOnce(startPostgres);

libraryContract(postgres, import.meta.url, {
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'poolsWithQueries',
  },
  env: async () => ({ url: (await server()).url }),
  closures: true,
  mutants: dbMutants,
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '42P01' } },
  },
  skip: {
    callback: 'it has promises only',
    listeners: 'it emits nothing',
  },
});
