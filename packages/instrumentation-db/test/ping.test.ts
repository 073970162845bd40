import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { collectDependencies, type Dependency } from '@foreshock/kit';
import { createConnection } from 'mysql2';
import { expect, it, onTestFinished } from 'vitest';
import { notePing } from '../src/adapters/mysql2/ping.ts';

/** An error in place of the greeting: number 1045. */
const DENIED = Buffer.from('\x17\0\0\0\xff\x15\x04#28000Access denied', 'latin1');
DENIED[0] = DENIED.length - 4;

async function serving(onConnection: (socket: Socket) => void): Promise<{ known: Dependency; note(): Promise<void> }> {
  const server = createServer((socket) => onConnection(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const target = { system: 'mysql', host: '127.0.0.1', port };
  const note = async (): Promise<void> => {
    const connection = createConnection({ host: '127.0.0.1', port, user: 'shop' }).on('error', () => {});
    notePing(connection.constructor as never, connection.config, target as never);
    const [socket] = await once(server, 'connection');
    connection.destroy();
    await once(socket.resume(), 'close');
  };
  const known = collectDependencies().note({ system: 'mysql', address: '127.0.0.1', port })!;
  await note();
  return { known, note };
}

it('a server that hangs has one login at a time, which nobody breaks off', async () => {
  const sockets: Socket[] = [];
  const { known } = await serving((socket) => void sockets.push(socket));
  const login = known.ask!();
  expect(known.ask!()).toBe(login);
  await expect.poll(() => sockets.length).toBe(2);
  sockets[1]!.destroy();
  await expect(login).rejects.toThrow('Connection lost');
  const next = known.ask!();
  await expect.poll(() => sockets.length).toBe(3);
  sockets[2]!.destroy();
  await expect(next).rejects.toThrow('Connection lost');
});

it('credentials that a server refuses are not tried again, new ones are', async () => {
  const { known, note } = await serving((socket) => void socket.end(DENIED));
  await known.ask!();
  expect(known.ask).toBeUndefined();
  await note();
  await known.ask!();
});
