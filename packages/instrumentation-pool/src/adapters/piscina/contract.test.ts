import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({ library: 'piscina', folder: import.meta.url, name: 'piscina-worker.cjs' });
