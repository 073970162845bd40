import { libraryContract, startedOnce, startNats } from '@foreshock/testkit';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { natsIoNatsCore } from './index.ts';

const server = startedOnce(startNats);
const queue = uniqueName();

libraryContract(natsIoNatsCore, import.meta.url, {
  env: async () => ({ url: (await server()).url, queue }),
  instrumentation: queueWithPropagator,
  versions: {
    'nats-io-nats-core-3-0': {
      libraries: {
        '@nats-io/transport-node': 'nats-io-transport-node-3-0',
        '@nats-io/jetstream': 'nats-io-jetstream-3-0',
      },
    },
  },
  expect: sentBy('nats', 'publish', queue, 'TypeError'),
  skip: {
    callback: 'it has none',
    listeners: 'its emitters are not those of Node',
    'own commands': 'it has the protocol of its own broker',
  },
});
