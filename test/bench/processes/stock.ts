// The service that the full app calls: as little as answers HTTP, so that it takes no time from the load.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { answer } from './answer.ts';

const BODY = '{"left":7}';
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
);
const END = Buffer.from('\r\n\r\n');

answer({
  async listen(): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      let rest: Buffer = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
        for (let end; (end = rest.indexOf(END)) >= 0; rest = rest.subarray(end + END.length)) socket.write(RESPONSE);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
});
