import { libraryContract } from '@foreshock/testkit';
import { clientContract } from '../../../test/client-contract.ts';
import { undici } from './index.ts';

libraryContract(undici, import.meta.url, {
  ...clientContract(),
  skip: {
    identity: 'nothing of undici is patched',
    connections: 'nothing of undici is patched: its sockets are opened where the first request is',
  },
});
