import { libraryContract, startedOnce, startRedis } from '@foreshock/testkit';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { bull } from './index.ts';

const server = startedOnce(startRedis);
const queue = uniqueName();

libraryContract(bull, import.meta.url, {
  env: async () => ({ url: (await server()).url, queue }),
  instrumentation: queueWithPropagator,
  mutants: queueMutants,
  commands: 'redisCommands',
  expect: sentBy('bull', 'add', queue, 'TypeError'),
  skip: {
    callback: 'it has promises only',
    connections: 'the adapter of ioredis keeps them out of traces: contract of the room cache',
    settled: 'a handler of bull cannot answer for its job',
  },
});
