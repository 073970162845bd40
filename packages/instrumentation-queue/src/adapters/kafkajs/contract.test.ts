/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no Kafka */
import { adapterContract, startKafkaIfPossible, type AdapterContract } from '@foreshock/testkit';
import { afterAll, describe, it } from 'vitest';
import { instrumentation, sentBy, uniqueName } from '../../../test/contract.ts';

const server = await startKafkaIfPossible();
if ('missing' in server) it.skip(`kafkajs is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('kafka' in server) await server.kafka.stop();
});

function contract(): AdapterContract {
  const topic = uniqueName();
  return {
    library: 'kafkajs',
    instrumentation,
    fixture: new URL('./fixture.mjs', import.meta.url),
    fixtureCjs: new URL('./fixture.cjs', import.meta.url),
    env: async () => ({ broker: 'kafka' in server ? server.kafka.broker : '', topic }),
    upstream: '@opentelemetry/instrumentation-kafkajs',
    closures: true,
    expect: sentBy('kafka', 'send', topic, 'KafkaJSNonRetriableError', 'no such:name'),
    skip: { callback: 'kafkajs has promises only', listeners: 'a producer is no emitter' },
  };
}

describe.skipIf('missing' in server)('kafkajs', () => {
  adapterContract(contract());
  adapterContract({ ...contract(), libraries: { kafkajs: 'kafkajs-2-0' } });
});
