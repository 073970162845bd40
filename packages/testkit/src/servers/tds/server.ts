import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { TdsConnection } from './connection.ts';
import { Statements } from './statements.ts';

export interface TdsServer {
  url: string;
  host: string;
  port: number;
  database: string;
  stop(): Promise<void>;
}

/**
 * The protocol of SQL Server over SQLite, in this process: no registry has a server that speaks it. What the statements of
 * tests need, and no more.
 */
export async function startTdsServer(database = 'shop'): Promise<TdsServer> {
  const statements = new Statements();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new TdsConnection(socket, statements, database).open();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `mssql://test:test@127.0.0.1:${port}/${database}`,
    host: '127.0.0.1',
    port,
    database,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      statements.close();
    },
  };
}
