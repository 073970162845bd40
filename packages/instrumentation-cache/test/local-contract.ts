import type { LibraryContract } from '@foreshock/testkit';

/** What the contracts of caches in the process have in common: a lookup has no span, it is counted on its caller's. */
export const localContract: LibraryContract = {
  marks: { counts: 'cache.local.' },
  expect: { span: { name: 'cache.local.hits', attributes: { 'cache.local.hits': 1 } } },
  skip: {
    'error status': 'a lookup in the process has no status of its own',
    callback: 'it has promises only',
    connections: 'it opens none',
    'status code': 'there is no server',
    'address after fail-over': 'there is no server',
  },
};
