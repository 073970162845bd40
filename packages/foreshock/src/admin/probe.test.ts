import { once } from 'node:events';
import { createServer as createPlain, type AddressInfo, type LookupFunction, type Server, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { lookup } from 'node:dns';
import { expect, it, onTestFinished } from 'vitest';
import { CERTIFICATE } from '../../../instrumentation-http/test/certificate.ts';
import { PROTOCOLS } from './probe-protocols.ts';
import { httpProbe, serverProbe } from './probe.ts';

async function listening(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

it.each(['TLSv1.2', 'TLSv1.3'] as const)('a server that wants a certificate of ours serves: %s', async (maxVersion) => {
  const server = createServer({ ...CERTIFICATE, requestCert: true, rejectUnauthorized: true, maxVersion });
  server.on('tlsClientError', () => {});
  const port = await listening(server);
  expect(await serverProbe(PROTOCOLS['redis']!, '127.0.0.1', port, lookup)()).toBeUndefined();
});

it('a server that wants TLS is asked by it from the second time on, and plainly once that fails', async () => {
  const asked: string[] = [];
  const secure = createServer({ ...CERTIFICATE }, (socket) => {
    asked.push('by TLS');
    socket.on('error', () => {}).end('+PONG');
  });
  secure.on('tlsClientError', () => asked.push('plainly'));
  const sockets: Socket[] = [];
  secure.on('connection', (socket) => sockets.push(socket));
  const port = await listening(secure);
  const probe = serverProbe(PROTOCOLS['redis']!, '127.0.0.1', port, lookup);
  for (let i = 0; i < 3; i++) expect(await probe()).toBeUndefined();
  expect(asked).toEqual(['plainly', 'by TLS', 'by TLS', 'by TLS']);
  secure.close();
  for (const socket of sockets) socket.destroy();
  await once(secure, 'close');
  expect(await probe()).toBe('ECONNREFUSED');
  const plain = createPlain((socket) => socket.on('error', () => {}).end('+PONG'));
  onTestFinished(() => void plain.close());
  await once(plain.listen(port, '127.0.0.1'), 'listening');
  expect(await probe()).toBeUndefined();
});

it('a server that has wanted TLS and swallows everything now is given up in time', async () => {
  const secure = createServer({ ...CERTIFICATE }, (socket) => void socket.on('error', () => {}).end('+PONG'));
  secure.on('tlsClientError', () => {});
  const sockets: Socket[] = [];
  secure.on('connection', (socket) => sockets.push(socket));
  const port = await listening(secure);
  const probe = serverProbe(PROTOCOLS['redis']!, '127.0.0.1', port, lookup);
  expect(await probe()).toBeUndefined();
  secure.close();
  for (const socket of sockets) socket.destroy();
  await once(secure, 'close');
  const asked: Socket[] = [];
  const silent = createPlain((socket) => void asked.push(socket.on('error', () => {})));
  onTestFinished(() => void silent.close());
  await once(silent.listen(port, '127.0.0.1'), 'listening');
  expect(await probe()).toBe('it does not connect within 800 ms');
  expect(asked).toHaveLength(1);
  for (const socket of asked) socket.destroy();
});

it('a server that only closes connections does not', async () => {
  const port = await listening(createPlain((socket) => socket.destroy()));
  expect(await serverProbe(PROTOCOLS['redis']!, '127.0.0.1', port, lookup)()).toBe('it closes the connection');
});

it('a host that swallows everything is given up in time', async () => {
  const nowhere: LookupFunction = () => {};
  const probe = serverProbe(PROTOCOLS['postgresql']!, 'db.example.com', 5432, nowhere);
  expect(await Promise.all([probe(), httpProbe('http://api.example.com/', nowhere)()])).toEqual([
    'it does not connect within 800 ms',
    'it does not answer within 800 ms',
  ]);
});
