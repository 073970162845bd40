import { libraryContract } from '@foreshock/testkit';
import { resilienceMutants } from '../../../test/mutants.ts';
import { retryContract } from '../../../test/policy-contract.ts';
import { got } from './index.ts';

libraryContract(got, import.meta.url, { ...retryContract(), mutants: resilienceMutants });
