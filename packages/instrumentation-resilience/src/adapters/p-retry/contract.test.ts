import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { pRetry } from './index.ts';

libraryContract(pRetry, import.meta.url, retryContract());
