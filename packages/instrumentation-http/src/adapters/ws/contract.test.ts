import { messageContract } from '../../../test/message-contract.ts';
import { ws } from './index.ts';

messageContract(ws, import.meta.url, {
  root: {
    name: 'process /orders',
    attributes: {
      'messaging.system': 'websocket',
      'messaging.destination.name': '/orders',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
    },
  },
});
