import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({ library: 'p-queue', folder: import.meta.url, versions: ['p-queue-2', 'p-queue-6', 'p-queue-10'] });
