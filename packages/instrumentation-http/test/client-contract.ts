import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { freePort, type LibraryContract } from '@foreshock/testkit';
import { afterAll } from 'vitest';

/** What the contracts of clients have in common. */
export function clientContract(): LibraryContract {
  // No server of `node:http`, whose spans would be counted.
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
  });
  const listening = once(server.listen(0, '127.0.0.1'), 'listening');
  afterAll(() => void server.close());

  async function env(): Promise<Record<string, string>> {
    await listening;
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, refusing: `http://127.0.0.1:${await freePort()}` };
  }

  return {
    env,
    expect: {
      span: {
        name: 'GET',
        kind: 'CLIENT',
        attributes: { 'http.response.status_code': 200, 'server.address': '127.0.0.1' },
      },
      error: { name: 'GET', attributes: { 'error.type': 'ECONNREFUSED' } },
    },
  };
}
