import { libraryContract } from '@foreshock/testkit';
import { dbMutants } from '../../../test/mutants.ts';
import { betterSqlite3 } from './index.ts';

libraryContract(betterSqlite3, import.meta.url, {
  mutants: dbMutants,
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'sqlite', 'db.namespace': ':memory:', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'INSERT taken', attributes: { 'error.type': 'SQLITE_CONSTRAINT_PRIMARYKEY' } },
  },
  skip: {
    callback: 'it has none',
    listeners: 'it emits nothing',
    connections: 'it opens none',
    'address, port and database': 'a file has no address',
    'wait and query in one trace': 'it has no pool',
  },
});
