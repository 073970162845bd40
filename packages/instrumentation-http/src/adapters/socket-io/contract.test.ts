import { messageContract } from '../../../test/message-contract.ts';
import { socketIoMessages } from '../../../test/socket-io-contract.ts';
import { socketIo } from './index.ts';

messageContract(socketIo, import.meta.url, {
  ...socketIoMessages,
  versions: { 'socket.io-2': { libraries: { 'socket.io-client': 'socket.io-client-2' } } },
});
