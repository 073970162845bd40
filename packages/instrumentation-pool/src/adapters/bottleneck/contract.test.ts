import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({ library: 'bottleneck', folder: import.meta.url, name: 'mailer' });
