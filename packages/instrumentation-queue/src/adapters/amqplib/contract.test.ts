import { startedOnce, libraryContract, startRabbitMq, type LibraryContract } from '@foreshock/testkit';
import { describe } from 'vitest';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { amqplib } from './index.ts';

const server = startedOnce(startRabbitMq);

const contract = (): LibraryContract => {
  const queue = uniqueName();
  return {
    env: async () => ({ url: (await server()).url, queue }),
    instrumentation: queueWithPropagator,
    expect: sentBy('rabbitmq', 'publish', queue, 'TypeError'),
    skip: { 'own commands': 'it has the protocol of its own broker' },
  };
};

libraryContract(amqplib, import.meta.url, { ...contract(), mutants: queueMutants });

describe('callbacks', () => {
  libraryContract(amqplib, import.meta.url, { ...contract(), fixture: 'callbacks.fixture.cjs', isRoomChecked: false });
});
