/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no Kafka */
import { libraryContract, startKafkaIfPossible } from '@foreshock/testkit';
import { afterAll, describe, it } from 'vitest';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { kafkajs } from './index.ts';

const server = await startKafkaIfPossible();
if ('missing' in server) it.skip(`kafkajs is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('kafka' in server) await server.kafka.stop();
});

describe.skipIf('missing' in server)('kafkajs', () => {
  const topic = uniqueName();
  libraryContract(kafkajs, import.meta.url, {
    env: async () => ({ broker: 'kafka' in server ? server.kafka.broker : '', topic }),
    instrumentation: queueWithPropagator,
    mutants: queueMutants,
    closures: true,
    expect: sentBy('kafka', 'send', topic, 'KafkaJSNonRetriableError', 'no such:name'),
    skip: {
      callback: 'kafkajs has promises only',
      listeners: 'a producer is no emitter',
      'own commands': 'it has the protocol of its own broker',
    },
  });
});
