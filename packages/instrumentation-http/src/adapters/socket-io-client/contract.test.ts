import { messageContract } from '../../../test/message-contract.ts';
import { socketIoMessages } from '../../../test/socket-io-contract.ts';
import { socketIoClient } from './index.ts';

// Both ends are in the fixture of the server.
messageContract(socketIoClient, new URL('../socket-io/', import.meta.url).href, {
  ...socketIoMessages,
  versions: { 'socket.io-client-2': { libraries: { 'socket.io': 'socket.io-2' } } },
});
