import { libraryContract } from '@foreshock/testkit';
import { localContract } from '../../../test/local-contract.ts';
import { cacheMutants } from '../../../test/mutants.ts';
import { keyv } from './index.ts';

libraryContract(keyv, import.meta.url, {
  ...localContract,
  mutants: cacheMutants,
  also: ['keyv'],
  skip: { ...localContract.skip, listeners: 'its emitters are not those of Node' },
  versions: { 'keyv-4-0': { skip: { 'several keys': 'it has no call for several' } } },
});
