import { connect } from 'node:net';

/** Writes bytes to a port of this machine and gives back all that comes until the other side ends. */
export function rawExchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => (answer += text));
    socket.on('end', () => socket.end()).on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
