import { libraryContract } from '@foreshock/testkit';
import { clientContract } from '../../../test/client-contract.ts';
import { http } from './index.ts';

libraryContract(http, import.meta.url, {
  ...clientContract(),
  skip: { identity: 'the functions of node:http are not patched' },
});
