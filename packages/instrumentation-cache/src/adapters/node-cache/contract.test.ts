import { libraryContract } from '@foreshock/testkit';
import { localContract } from '../../../test/local-contract.ts';
import { cacheMutants } from '../../../test/mutants.ts';
import { nodeCache } from './index.ts';

libraryContract(nodeCache, import.meta.url, {
  ...localContract,
  mutants: cacheMutants,
  closures: true,
  skip: {
    ...localContract.skip,
    callback: 'it calls back before it returns',
    identity: 'its methods are bound to each cache: compared in node-cache.test.ts',
  },
});
