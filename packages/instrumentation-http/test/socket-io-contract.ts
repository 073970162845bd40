import type { MessageOptions } from './message-contract.ts';

const messaging = {
  'messaging.operation.name': 'process',
  'messaging.operation.type': 'process',
};

/** For both ends, with the same fixture. */
export const socketIoMessages: MessageOptions = {
  root: {
    name: 'process order',
    attributes: {
      ...messaging,
      'messaging.system': 'socket.io',
      'messaging.destination.name': 'order',
      'messaging.socket.io.namespace': '/orders',
    },
  },
  left: { name: 'process /socket.io/', attributes: { ...messaging, 'messaging.system': 'websocket' } },
  isAcceptedLater: true,
};
