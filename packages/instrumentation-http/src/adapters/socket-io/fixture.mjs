// socket.io as an application uses it; the contract of messages calls it, also for the client.
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as server from 'socket.io';
import * as client from 'socket.io-client';

// Of 2, and after.
const { Server, default: listen = (http) => new Server(http) } = {
  ...server,
  ...(server.Server && { default: undefined }),
};
const connect = client.io ?? client.default;

export async function open({ accepted, served, left }) {
  const http = createServer();
  const io = listen(http);
  io.of('/orders').on('connection', (socket) => {
    accepted();
    socket.on('order', (text) => void served(text, (answer) => socket.emit('order', answer)));
    socket.on('disconnect', left);
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return {
    async connect(path, heard) {
      const socket = connect(`http://127.0.0.1:${http.address().port}${path}`, { transports: ['websocket'] });
      socket.on('order', heard);
      await new Promise((resolve) => socket.on('connect', resolve));
      return {
        send(texts) {
          for (const text of texts) socket.emit('order', text);
        },
        close: () => socket.disconnect(),
      };
    },
    close: () => new Promise((resolve) => io.close(resolve)),
  };
}
