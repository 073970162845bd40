import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({ library: 'cockatiel', folder: import.meta.url, versions: ['cockatiel-3'], name: 'bulkhead' });
