/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no Kafka */
import { pathToFileURL } from 'node:url';
import { adapterContract, installed, startKafkaIfPossible, type AdapterContract } from '@foreshock/testkit';
import { afterAll, describe, it } from 'vitest';
import { fixture, instrumentation, sentBy, uniqueName } from './contract.ts';

const server = await startKafkaIfPossible();
if ('missing' in server) it.skip(`kafkajs is not tested here: ${server.missing}`, () => {});
const old = installed({ kafkajs: 'kafkajs-2-0' });
afterAll(async () => {
  old.remove();
  if ('kafka' in server) await server.kafka.stop();
});

function contract(): Omit<AdapterContract, 'fixture'> {
  const topic = uniqueName();
  return {
    library: 'kafkajs',
    instrumentation,
    env: async () => ({ broker: 'kafka' in server ? server.kafka.broker : '', topic }),
    upstream: '@opentelemetry/instrumentation-kafkajs',
    closures: true,
    expect: sentBy('kafka', 'send', topic, 'KafkaJSNonRetriableError', 'no such:name'),
    skip: { callback: 'kafkajs has promises only', listeners: 'a producer is no emitter' },
  };
}

describe.skipIf('missing' in server)('kafkajs', () => {
  describe('newest', () => {
    adapterContract({
      ...contract(),
      fixture: fixture('kafkajs-contract.mjs'),
      fixtureCjs: fixture('kafkajs-contract.cjs'),
    });
  });

  describe('2.0', () => {
    adapterContract({ ...contract(), fixture: pathToFileURL(old.add(fixture('kafkajs-contract.cjs'))) });
  });
});
