// ws as an application uses it; the contract of messages calls it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as ws from 'ws';

const WebSocket = ws.WebSocket ?? ws.default;
// Of ws 7, and after.
const WebSocketServer = ws.WebSocketServer ?? ws.default.Server;

export async function open({ accepted, served, left }) {
  const server = createServer();
  new WebSocketServer({ server }).on('connection', (socket) => {
    accepted();
    socket.on('message', (data) => void served(String(data), (text) => socket.send(text)));
    socket.on('close', left);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    async connect(path, heard) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}${path}`);
      socket.on('message', (data) => heard(String(data)));
      await once(socket, 'open');
      return {
        // In one packet.
        send(texts) {
          socket._socket.cork();
          for (const text of texts) socket.send(text);
          socket._socket.uncork();
        },
        close() {
          socket.close();
          return once(socket, 'close');
        },
      };
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
