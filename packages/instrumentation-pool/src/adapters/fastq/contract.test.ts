import { limiterContract } from '../../../test/limiter-contract.ts';

limiterContract({ library: 'fastq', folder: import.meta.url, versions: ['fastq-1-6'], hasCallbacks: true });
