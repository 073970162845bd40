import net from 'node:net';
import { Duplex } from 'node:stream';

const VALUE = 'x'.repeat(200);
const REPLY = `$${VALUE.length}\r\n${VALUE}\r\n`;

/**
 * From here on every connection of this process leads to a Redis inside it that has one value: with a real one most
 * of the time is the system's, and how much of it depends on how the other processor happens to be woken.
 */
export function fakeRedis(): void {
  const connect = (): FakeSocket => new FakeSocket();
  Object.assign(net, { connect, createConnection: connect });
}

class FakeSocket extends Duplex {
  remoteAddress = '127.0.0.1';
  remotePort = 6379;
  connecting = false;
  #replies = '';

  constructor() {
    super();
    setImmediate(() => {
      this.emit('connect');
      this.emit('ready');
    });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#answer(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#answer(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  #answer(commands: Buffer): void {
    if (this.#replies === '') {
      setImmediate(() => {
        const replies = this.#replies;
        this.#replies = '';
        this.push(replies);
      });
    }
    for (const command of commands.toString('latin1').split('*').slice(1)) {
      this.#replies += /\$3\r\nGET/i.test(command) ? REPLY : '+OK\r\n';
    }
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
