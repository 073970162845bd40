import { pathToFileURL } from 'node:url';
import { adapterContract, installed, startRabbitMq, type AdapterContract, type RabbitMq } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';
import { fixture, instrumentation, sentBy, uniqueName } from './contract.ts';

let server: Promise<RabbitMq> | undefined;
const old = installed({ amqplib: 'amqplib-0-10' });
afterAll(async () => {
  old.remove();
  await (await server)?.stop();
});

function contract(): Omit<AdapterContract, 'fixture'> {
  const queue = uniqueName();
  return {
    library: 'amqplib',
    instrumentation,
    env: async () => ({ url: (await (server ??= startRabbitMq())).url, queue }),
    upstream: '@opentelemetry/instrumentation-amqplib',
    expect: sentBy('rabbitmq', 'publish', queue, 'TypeError'),
  };
}

describe('2', () => {
  adapterContract({
    ...contract(),
    fixture: fixture('amqplib-contract.mjs'),
    fixtureCjs: fixture('amqplib-contract.cjs'),
  });
});

describe('2, callbacks', () => {
  adapterContract({ ...contract(), fixture: fixture('amqplib-callbacks.cjs') });
});

describe('0.10', () => {
  adapterContract({ ...contract(), fixture: pathToFileURL(old.add(fixture('amqplib-contract.cjs'))) });
});
