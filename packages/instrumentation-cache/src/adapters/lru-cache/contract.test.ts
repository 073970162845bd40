import { libraryContract } from '@foreshock/testkit';
import { localContract } from '../../../test/local-contract.ts';
import { cacheMutants } from '../../../test/mutants.ts';
import { lruCache } from './index.ts';

libraryContract(lruCache, import.meta.url, {
  ...localContract,
  mutants: cacheMutants,
  skip: { ...localContract.skip, 'several keys': 'it has no call for several', listeners: 'it emits nothing' },
});
