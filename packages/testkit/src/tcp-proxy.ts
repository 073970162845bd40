import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Application to real server; ends with its test. */
export interface TcpProxy {
  port: number;
  /** Keeps answers to requests containing the text; others pass. Resolves when the first was asked. */
  hold(text: string): Promise<void>;
  /** Lets the kept answers pass. */
  release(): void;
  /** Closes the next connection whose request contains the text; the server gets nothing. */
  cut(text: string): void;
  /** Closes all, accepts none. */
  stop(): void;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const held: Socket[] = [];
  let cutText: string | undefined;
  let holding: { text: string; asked: () => void } | undefined;

  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {}).once('close', () => (sockets.delete(socket), other.destroy()));
    }
    behind.on('data', (answer: Buffer) => client.write(answer));
    client.on('data', (request: Buffer) => {
      if (cutText !== undefined && request.includes(cutText)) {
        cutText = undefined;
        return void client.destroy();
      }
      if (holding && request.includes(holding.text)) {
        held.push(behind.pause());
        holding.asked();
      }
      behind.write(request);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(stop);
  return {
    port: (server.address() as AddressInfo).port,
    hold: (text) => new Promise((asked) => (holding = { text, asked })),
    release() {
      holding = undefined;
      for (const socket of held.splice(0)) socket.resume();
    },
    cut: (text) => void (cutText = text),
    stop,
  };
}
