import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { resilienceMutants } from '../../../test/mutants.ts';
import { asyncRetry } from './index.ts';

libraryContract(asyncRetry, import.meta.url, { ...retryContract(), mutants: resilienceMutants });
