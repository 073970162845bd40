import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({ library: 'p-limit', folder: import.meta.url, versions: ['p-limit-3-0', 'p-limit-4'] });
