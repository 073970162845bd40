import { once } from 'node:events';
import { createServer as createPlain, type AddressInfo, type LookupFunction, type Server } from 'node:net';
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
