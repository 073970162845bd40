import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { retry } from './index.ts';

libraryContract(retry, import.meta.url, retryContract());
