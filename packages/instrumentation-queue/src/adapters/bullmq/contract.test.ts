import { startedOnce, libraryContract, startRedis, type LibraryContract } from '@foreshock/testkit';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { bullmq } from './index.ts';

const server = startedOnce(startRedis);

const contract = (): LibraryContract => {
  const queue = uniqueName();
  return {
    env: async () => ({ url: (await server()).url, queue }),
    instrumentation: queueWithPropagator,
    commands: 'redisCommands',
    mutants: queueMutants,
    expect: sentBy('bullmq', 'add', queue, 'Error'),
    also: ['bullmq-5-34'],
    skip: { callback: 'bullmq has promises only', settled: 'a handler of bullmq cannot answer for its job' },
  };
};

libraryContract(bullmq, import.meta.url, contract());
