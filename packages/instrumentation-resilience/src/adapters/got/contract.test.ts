import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { got } from './index.ts';

libraryContract(got, import.meta.url, retryContract());
