import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import * as undici8 from 'undici';
import * as undici5 from 'undici-5';
import * as undici6 from 'undici-6';
import * as undici7 from 'undici-7';
import { WebSocketServer } from 'ws';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CERTIFICATE } from './certificate.ts';
import { record } from './recording.ts';
import { answering, describeClient, describeFetch, headersIn, mirror, OK, outcome, sockets } from './undici-client.ts';
import { listen } from './wire.ts';

const recorded = record();
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());

type Undici = typeof undici8;
const versions: [string, Undici][] = [
  ['undici 8', undici8],
  ['undici 7', undici7 as never],
  ['undici 6', undici6 as never],
  ['undici 5', undici5 as never],
];

for (const [name, { request, fetch, Agent }] of versions) {
  // One of its own: the global dispatcher is the one of whichever undici was loaded last.
  const dispatcher = new Agent();
  afterAll(() => dispatcher.close());
  describeClient(
    `request of ${name}`,
    async (url, options) => {
      const { statusCode, body } = await request(url, { ...(options as object), dispatcher });
      return { status: statusCode, text: () => body.text(), body };
    },
    recorded,
  );
  describeClient(`fetch of ${name}`, (url, options) => fetch(url, { ...(options as object), dispatcher }), recorded);
  // The `fetch` of undici 5 has no way to tell its handler from others.
  if (name === 'undici 5') continue;
  describeFetch(`fetch of ${name}`, (url, options) => fetch(url, { ...options, dispatcher }), recorded);
}

describe.each(versions.filter(([, { RetryAgent }]) => RetryAgent !== undefined))('retries of %s', (_, undici) => {
  it('belong to the call that was made, on a connection that others have used', async () => {
    let answers = 0;
    const origin = await answering((socket) =>
      socket.write(answers++ % 2 ? OK : 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'),
    );
    const dispatcher = new undici.RetryAgent(new undici.Agent({ connections: 1 }), { minTimeout: 1 });
    for (let i = 0; i < 3; i++) {
      await recorded.inSpan('caller', async () => (await undici.request(origin, { dispatcher })).body.text());
    }
    await dispatcher.close();
    const spans = await recorded.until(9);
    const callers = spans.filter(({ name }) => name === 'caller');
    for (const { spanId } of callers) {
      const calls = spans.filter(({ parentSpanId }) => parentSpanId === spanId);
      expect(calls.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 200]);
    }
  });
});

it('redirects by an interceptor belong to the call that was made', async () => {
  const origin = await answering((socket, head) =>
    socket.write(
      head.startsWith('GET /next') ? OK : 'HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n',
    ),
  );
  const agent = new undici8.Agent({ connections: 1 });
  const dispatcher = agent.compose(undici8.interceptors.redirect({ maxRedirections: 1 }));
  for (let i = 0; i < 2; i++) {
    await recorded.inSpan('caller', async () => (await undici8.request(origin, { dispatcher })).body.text());
  }
  await agent.close();
  const spans = await recorded.until(6);
  for (const { spanId } of spans.filter(({ name }) => name === 'caller')) {
    const calls = spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    expect(calls.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([302, 200]);
  }
});

it.each<[string, keyof undici8.Dispatcher.RequestOptions, string]>([
  ['headers', 'headersTimeout', 'ttfb'],
  ['body', 'bodyTimeout', 'download'],
])("undici's own time-out of %s", async (_, option, phase) => {
  const origin = await answering((socket) => {
    if (option === 'bodyTimeout') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello');
  });
  const call = async (): Promise<string> => (await undici8.request(origin, { [option]: 50 })).body.text();
  await expect(call()).rejects.toThrow(/Timeout/);
  expect((await recorded.until(1))[0]!.attributes).toMatchObject({
    'error.type': 'timeout',
    'http.timeout_ms': 50,
    'http.timeout_phase': phase,
  });
});

it("undici's own time-out of connecting", async () => {
  const client = new undici8.Client('http://slow.test', { connect: { timeout: 50, lookup: () => {} } });
  await expect(client.request({ path: '/', method: 'GET' })).rejects.toThrow(/Timeout/);
  await client.destroy();
  expect((await recorded.until(1))[0]!.attributes).toMatchObject({
    'error.type': 'timeout',
    'http.timeout_phase': 'dns',
    'url.full': 'http://slow.test/',
    'server.port': 80,
  });
});

it('phases of a new, named, encrypted connection', async () => {
  const port = await listen(https.createServer(CERTIFICATE, (_request, response) => response.end('hi')));
  recorded.disable();
  recorded.enable();
  const agent = new undici8.Agent({ connect: { rejectUnauthorized: false } });
  const { body } = await undici8.request(`https://localhost:${port}/`, { dispatcher: agent });
  await body.text();
  await agent.close();
  const span = (await recorded.until(2)).find(({ kind }) => kind === 'CLIENT')!;
  expect(
    // Those that take less than 1 ms are left out.
    Object.keys(span.attributes).filter((name) => /^http\.phase\.(?!queue|download)/.test(name)),
  ).toEqual(['http.phase.dns_ms', 'http.phase.connect_ms', 'http.phase.tls_ms', 'http.phase.ttfb_ms']);
});

it('HTTP/2 is version 2', async () => {
  const server = createSecureServer(CERTIFICATE, (request, response) =>
    response.end(`${request.headers['traceparent']}`),
  );
  const port = await listen(server);
  const agent = new undici8.Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
  const { body } = await undici8.request(`https://127.0.0.1:${port}/`, { dispatcher: agent });
  const traceparent = await body.text();
  await agent.close();
  const [span] = await recorded.until(1);
  expect(traceparent).toBe(`00-${span!.traceId}-${span!.spanId}-03`);
  expect(span!.attributes).toMatchObject({ 'network.protocol.version': '2', 'http.response.status_code': 200 });
});

it.each(versions)('an upgrade by %s ends with 101', async (_, undici) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  recorded.clear();
  const { socket } = await undici.upgrade(`http://127.0.0.1:${port}/`, {
    protocol: 'websocket',
    method: 'GET',
    headers: { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  });
  socket.destroy();
  const span = (await recorded.until(2)).find(({ kind }) => kind === 'CLIENT')!;
  expect(outcome(span)).toEqual({ status: 101, type: undefined, code: 'UNSET' });
  server.close();
});

it('a proxy’s CONNECT has no span, the request through it has one', async () => {
  const target = await answering(mirror);
  const proxy = await answering((socket, head) => {
    const port = Number(/^CONNECT 127\.0\.0\.1:(\d+)/.exec(head)![1]);
    socket.removeAllListeners('data').setEncoding();
    const onward = net.connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    sockets.add(onward);
    onward.pipe(socket);
    socket.pipe(onward);
  });
  const dispatcher = new undici8.ProxyAgent({ uri: proxy, proxyTunnel: true });
  const { body } = await undici8.request(target, { dispatcher });
  const head = await body.text();
  await dispatcher.destroy();
  const spans = await recorded.until(1);
  expect(spans.map(({ name }) => name)).toEqual(['GET']);
  expect(headersIn(head)['traceparent']).toContain(spans[0]!.spanId);
});
