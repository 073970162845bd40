import { libraryContract, startedOnce, startNats } from '@foreshock/testkit';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { nats } from './index.ts';

const server = startedOnce(startNats);
const queue = uniqueName();

libraryContract(nats, import.meta.url, {
  env: async () => ({ url: (await server()).url, queue }),
  instrumentation: queueWithPropagator,
  mutants: queueMutants,
  expect: sentBy('nats', 'publish', queue, 'BAD_PAYLOAD'),
  skip: {
    callback: 'it has none',
    listeners: 'its emitters are not those of Node',
    'own commands': 'it has the protocol of its own broker',
  },
});
