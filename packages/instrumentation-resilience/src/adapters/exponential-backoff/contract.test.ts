import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { exponentialBackoff } from './index.ts';

libraryContract(exponentialBackoff, import.meta.url, retryContract());
