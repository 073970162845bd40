import { adapterContract, startRabbitMq, type AdapterContract, type RabbitMq } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';
import { instrumentation, sentBy, uniqueName } from '../../../test/contract.ts';

let server: Promise<RabbitMq> | undefined;
afterAll(async () => (await server)?.stop());

function contract(): AdapterContract {
  const queue = uniqueName();
  return {
    library: 'amqplib',
    instrumentation,
    fixture: new URL('./fixture.mjs', import.meta.url),
    fixtureCjs: new URL('./fixture.cjs', import.meta.url),
    env: async () => ({ url: (await (server ??= startRabbitMq())).url, queue }),
    upstream: '@opentelemetry/instrumentation-amqplib',
    expect: sentBy('rabbitmq', 'publish', queue, 'TypeError'),
  };
}

adapterContract(contract());
adapterContract({ ...contract(), libraries: { amqplib: 'amqplib-0-10' } });

describe('callbacks', () => {
  const { fixtureCjs: _, ...promises } = contract();
  adapterContract({ ...promises, fixture: new URL('./callbacks.fixture.cjs', import.meta.url) });
});
