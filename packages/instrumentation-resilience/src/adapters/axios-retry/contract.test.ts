import { libraryContract } from '@foreshock/testkit';
import { retryContract } from '../../../test/policy-contract.ts';
import { axiosRetry } from './index.ts';

libraryContract(axiosRetry, import.meta.url, {
  ...retryContract(),
  versions: { 'axios-retry-3': { libraries: { axios: 'axios-0' } } },
});
