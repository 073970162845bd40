import { adapterContract, startRabbitMq, type AdapterContract, type RabbitMq } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';
import { fixture, instrumentation, sentBy, uniqueName } from './contract.ts';

let server: Promise<RabbitMq> | undefined;
afterAll(async () => (await server)?.stop());

function contract(): AdapterContract {
  const queue = uniqueName();
  return {
    library: 'amqplib',
    instrumentation,
    fixture: fixture('amqplib-contract.mjs'),
    fixtureCjs: fixture('amqplib-contract.cjs'),
    env: async () => ({ url: (await (server ??= startRabbitMq())).url, queue }),
    upstream: '@opentelemetry/instrumentation-amqplib',
    expect: sentBy('rabbitmq', 'publish', queue, 'TypeError'),
  };
}

adapterContract(contract());
adapterContract({ ...contract(), libraries: { amqplib: 'amqplib-0-10' } });

describe('callbacks', () => {
  const { fixtureCjs: _, ...promises } = contract();
  adapterContract({ ...promises, fixture: fixture('amqplib-callbacks.cjs') });
});
