import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { bottleneck } from './index.ts';

libraryContract(bottleneck, import.meta.url, limiterContract('mailer', { callback: 'it has promises only' }));
