import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { cockatiel } from './index.ts';

libraryContract(cockatiel, import.meta.url, limiterContract('bulkhead', { callback: 'it has promises only' }));
