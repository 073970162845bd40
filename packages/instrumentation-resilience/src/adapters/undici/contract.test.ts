import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { undici } from './index.ts';

libraryContract(undici, import.meta.url, retryContract());
