import { libraryContract } from '@foreshock/testkit';
import { nodeSqlite } from './index.ts';

libraryContract(nodeSqlite, import.meta.url, {
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'sqlite', 'db.namespace': ':memory:', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'INSERT taken', attributes: { 'error.type': '1555' } },
  },
  skip: {
    callback: 'it has none',
    listeners: 'it emits nothing',
    connections: 'it opens none',
    'address, port and database': 'a file has no address',
    'wait and query in one trace': 'it has no pool',
  },
});
