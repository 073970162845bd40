import { libraryContract, startRabbitMq, type LibraryContract, type RabbitMq } from '@foreshock/testkit';
import { afterAll, describe } from 'vitest';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { amqplib } from './index.ts';

let server: Promise<RabbitMq> | undefined;
afterAll(async () => (await server)?.stop());

const contract = (): LibraryContract => {
  const queue = uniqueName();
  return {
    env: async () => ({ url: (await (server ??= startRabbitMq())).url, queue }),
    instrumentation: queueWithPropagator,
    expect: sentBy('rabbitmq', 'publish', queue, 'TypeError'),
    skip: { 'own commands': 'it has the protocol of its own broker' },
  };
};

libraryContract(amqplib, import.meta.url, { ...contract(), mutants: queueMutants });

describe('callbacks', () => {
  libraryContract(amqplib, import.meta.url, { ...contract(), fixture: 'callbacks.fixture.cjs', isRoomChecked: false });
});
