import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { Agent, ProxyAgent, request } from 'undici';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ReceivedSpan } from '@foreshock/testkit';
import { CERTIFICATE } from './certificate.ts';
import { record } from './recording.ts';
import { listen } from './wire.ts';

const recorded = record();
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());

const bodyOf = async (call: ClientRequest): Promise<string> =>
  text(((await once(call, 'response')) as [IncomingMessage])[0]);

/** The phases of a call: whether it waits, and downloads for 1 ms, depends on the machine. */
const phasesOf = ({ attributes }: ReceivedSpan): string[] =>
  Object.keys(attributes)
    .filter((name) => name.startsWith('http.phase.') || name === 'http.connection.reused')
    .map((name) => name.replace(/^http\.(?:phase\.)?|_ms$/g, ''))
    .filter((name) => !['queue', 'send', 'download'].includes(name));

const callOf = async (url: string): Promise<ReceivedSpan> => {
  for (;;) {
    const span = recorded.spans().find(({ kind, attributes }) => kind === 'CLIENT' && attributes['url.full'] === url);
    if (span) return span;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** A proxy that takes its time to connect, whatever is asked for, to this port. */
async function proxyTo(port: number): Promise<string> {
  const proxy = http.createServer().on('connect', (_request, socket: net.Socket) => {
    socket.on('error', () => {});
    setTimeout(() => {
      const upstream = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => {});
    }, 30);
  });
  return `http://127.0.0.1:${await listen(proxy)}`;
}

describe('through a proxy', () => {
  const encrypted = (): Promise<number> =>
    listen(https.createServer(CERTIFICATE, (_request, response) => response.end('.')));

  it.each<[string, (proxy: string) => https.Agent]>([
    ['https-proxy-agent', (proxy) => new HttpsProxyAgent(proxy, { keepAlive: true }) as never],
    ['Node', (proxy) => new https.Agent({ proxyEnv: { HTTPS_PROXY: proxy }, keepAlive: true } as https.AgentOptions)],
  ])('of %s a new connection is the proxy’s, and the next call has it again', async (_, agentOf) => {
    const agent = agentOf(await proxyTo(await encrypted()));
    for (const path of ['/1', '/2']) {
      const url = `https://target.internal${path}`;
      await bodyOf(https.get(url, { agent, rejectUnauthorized: false }));
    }
    agent.destroy();
    const first = await callOf('https://target.internal/1');
    expect(phasesOf(first).filter((name) => name !== 'tls')).toEqual(['proxy', 'ttfb']);
    expect(first.attributes['http.phase.proxy_ms']).toBeGreaterThan(28);
    expect(phasesOf(await callOf('https://target.internal/2'))).toEqual(['connection.reused', 'ttfb']);
  });

  it('of undici too', async () => {
    const port = await listen(http.createServer((_request, response) => response.end('.')));
    const dispatcher = new ProxyAgent({ uri: await proxyTo(port), proxyTunnel: true });
    for (const path of ['/1', '/2']) {
      await (await request(`http://target.internal:8080${path}`, { dispatcher })).body.text();
    }
    await dispatcher.close();
    const first = await callOf('http://target.internal:8080/1');
    expect(phasesOf(first)).toEqual(['proxy', 'ttfb']);
    expect(first.attributes['http.phase.proxy_ms']).toBeGreaterThan(28);
  });

  it('a connection that the application makes is none that was used before', async () => {
    const port = await listen(http.createServer((_request, response) => response.end('.')));
    const agent = new http.Agent();
    agent.createConnection = ((_options: unknown, done: (error: null, socket: net.Socket) => void) => {
      const socket = net.connect(port, '127.0.0.1', () => setTimeout(() => done(null, socket), 10));
    }) as never;
    await bodyOf(http.get({ host: 'somewhere', port, agent }));
    expect(phasesOf(await callOf(`http://somewhere:${port}/`))).toEqual(['proxy', 'ttfb']);
  });
});

const resolving = (addresses: string[]): net.LookupFunction =>
  ((_host: string, _options: object, done: (error: null, addresses: object[]) => void) =>
    setImmediate(() =>
      done(
        null,
        addresses.map((address) => ({ address, family: net.isIP(address) })),
      ),
    )) as never;

it('a name may end in a digit', async () => {
  const port = await listen(http.createServer((_request, response) => response.end('.')));
  const lookup = resolving(['127.0.0.1']);
  await bodyOf(http.get({ host: 'web-0', port, lookup }));
  const dispatcher = new Agent({ connect: { lookup } });
  await (await request(`http://redis1:${port}/`, { dispatcher })).body.text();
  await dispatcher.close();
  for (const host of ['web-0', 'redis1']) {
    expect(phasesOf(await callOf(`http://${host}:${port}/`))).toEqual(['dns', 'connect', 'ttfb']);
  }
});

it('a connection refused on each of its addresses says what was tried', async () => {
  const free = net.createServer().listen(0);
  await once(free, 'listening');
  const { port } = free.address() as net.AddressInfo;
  free.close();
  await once(free, 'close');
  const lookup = resolving(['127.0.0.1', '::1']);
  await expect(bodyOf(http.get({ host: 'dead.test', port, lookup }))).rejects.toThrow(Error);
  const dispatcher = new Agent({ connect: { lookup } });
  await expect(request(`http://dead2.test:${port}/`, { dispatcher })).rejects.toThrow(Error);
  await dispatcher.close();
  for (const host of ['dead.test', 'dead2.test']) {
    const span = await callOf(`http://${host}:${port}/`);
    expect(span.attributes['error.type']).toBe('ECONNREFUSED');
    expect(phasesOf(span)).toEqual(['dns', 'connect']);
  }
});

it('the way of a body is no part of the first byte’s', async () => {
  const port = await listen(
    http.createServer((incoming, response) => incoming.resume().on('end', () => response.end('.'))),
  );
  const call = http.request({ port, host: '127.0.0.1', method: 'POST' });
  call.write('first');
  call.on('socket', (socket) => socket.on('connect', () => setTimeout(() => call.end('last'), 40)));
  await bodyOf(call);
  const body = (async function* () {
    yield 'first';
    await new Promise((resolve) => setTimeout(resolve, 40));
    yield 'last';
  })();
  await (await request(`http://localhost:${port}/`, { method: 'POST', body: body as never })).body.text();
  for (const host of ['127.0.0.1', 'localhost']) {
    const { attributes } = await callOf(`http://${host}:${port}/`);
    expect(attributes['http.phase.send_ms']).toBeGreaterThan(20);
    expect(attributes).toHaveProperty(['http.phase.ttfb_ms']);
  }
});

it('`url.full` of what has no path is a URL, or absent', async () => {
  const port = await listen(
    http
      .createServer((_request, response) => response.end())
      .on('connect', (_request, socket) => socket.end('HTTP/1.1 403 No\r\n\r\n')),
  );
  const options = { port, host: '127.0.0.1', agent: false as const };
  const connecting = http.request({ ...options, method: 'CONNECT', path: 'db.internal:443' }).end();
  await once(connecting, 'connect');
  await bodyOf(http.request({ ...options, method: 'OPTIONS', path: '*' }).end());
  const calls = (await recorded.until(4)).filter(({ kind }) => kind === 'CLIENT');
  expect(calls.map(({ name, attributes }) => [name, attributes['url.full']])).toEqual([
    ['CONNECT', undefined],
    ['OPTIONS', `http://127.0.0.1:${port}`],
  ]);
});
