import type { Adapter } from '@foreshock/kit';
import { libraryContract, type LibraryContract } from '@foreshock/testkit';

/**
 * Of a library for SQLite.
 *
 * @param taken `error.type` of a key that is taken
 */
export function sqliteContract(
  adapter: Adapter<any>,
  folder: string,
  taken: string,
  mutants: LibraryContract['mutants'] = [],
): void {
  libraryContract(adapter, folder, {
    mutants,
    expect: {
      span: {
        name: 'SELECT',
        kind: 'CLIENT',
        attributes: { 'db.system.name': 'sqlite', 'db.namespace': ':memory:', 'db.query.text': 'SELECT ? AS one' },
      },
      error: { name: 'INSERT taken', attributes: { 'error.type': taken } },
    },
    skip: {
      callback: 'it has none',
      listeners: 'it emits nothing',
      connections: 'it opens none',
      'address, port and database': 'a file has no address',
      'wait and query in one trace': 'it has no pool',
    },
  });
}
