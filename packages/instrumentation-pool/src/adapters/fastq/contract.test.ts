import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { fastq } from './index.ts';

libraryContract(fastq, import.meta.url, limiterContract('fastq'));
