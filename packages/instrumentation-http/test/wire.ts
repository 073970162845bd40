import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Lets a server listen on a free port until the test has finished. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    (server as { closeAllConnections?(): void }).closeAllConnections?.();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A bare connection, to say things no client says. */
export async function connect(port: number): Promise<Wire> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  return new Wire(socket);
}

/** What came back, as text. */
export class Wire {
  readonly socket: Socket;
  text = '';
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (chunk) => {
      this.text += chunk;
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#wake());
  }

  send(...lines: string[]): void {
    this.socket.write(lines.join('\r\n'));
  }

  /** Resolves when what has come so far satisfies. */
  async until(enough: (text: string) => boolean): Promise<string> {
    while (!enough(this.text)) {
      if (this.socket.closed) throw new Error(`the connection was closed after: ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.text;
  }

  async closed(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.text;
  }
}

/** Occurrences of a text. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
