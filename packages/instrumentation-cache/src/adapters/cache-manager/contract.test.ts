import { libraryContract } from '@foreshock/testkit';
import { localContract } from '../../../test/local-contract.ts';
import { cacheMutants } from '../../../test/mutants.ts';
import { cacheManager } from './index.ts';

libraryContract(cacheManager, import.meta.url, {
  ...localContract,
  mutants: cacheMutants,
  closures: true,
  skip: {
    ...localContract.skip,
    identity: 'its methods are closures, made anew for each cache',
    listeners: 'its emitters are not those of Node',
  },
});
