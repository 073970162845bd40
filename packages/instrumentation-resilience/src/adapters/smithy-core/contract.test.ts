import { libraryContract } from '@foreshock/testkit';
import { resilienceMutants } from '../../../test/mutants.ts';
import { retryContract } from '../../../test/policy-contract.ts';
import { smithyCore } from './index.ts';

const contract = retryContract();
delete contract.skip!.identity;

libraryContract(smithyCore, import.meta.url, { ...contract, mutants: resilienceMutants });
