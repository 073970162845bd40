import { EventEmitter, once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { context } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import { WebSocket, WebSocketServer } from 'ws';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { record, spanHere, traceHere } from './recording.ts';
import { CERTIFICATE } from './certificate.ts';
import { connect, count, listen } from './wire.ts';

const recorded = record();
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());

const serve = (handler: RequestListener): Promise<number> => listen(http.createServer(handler));
const GET = (path: string, ...headers: string[]): string[] => [
  `GET ${path} HTTP/1.1`,
  'Host: shop.test:8080',
  ...headers,
  '',
  '',
];

it('describes a request from its head to the last byte of its response', async () => {
  const port = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('hello');
  });
  const wire = await connect(port);
  const peer = wire.socket.localPort;
  wire.send(
    ...GET(
      '/orders/42?page=2&sig=abc',
      'User-Agent: test/1',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ),
  );
  await wire.until((text) => text.includes('hello'));
  const [span, ...more] = await recorded.until(1);
  expect(more).toEqual([]);
  expect(span).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    parentSpanId: 'b7ad6b7169203331',
    name: 'GET',
    kind: 'SERVER',
    startTime: expect.any(Number),
    endTime: expect.any(Number),
    durationMs: expect.any(Number),
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.path': '/orders/42',
      'url.query': 'page=2&sig=REDACTED',
      'server.address': 'shop.test',
      'server.port': 8080,
      'client.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': peer,
      'network.protocol.version': '1.1',
      'user_agent.original': 'test/1',
    },
    events: [],
    links: [],
    status: { code: 'UNSET' },
    flags: 0x301,
    traceState: '',
    resource: expect.any(Object),
    scope: '@foreshock/instrumentation-http',
    dropped: { attributes: 0, events: 0, links: 0 },
  });
});

it('serves HTTPS as https', async () => {
  const port = await listen(https.createServer(CERTIFICATE, (_request, response) => response.end()));
  const request = https.get({ port, rejectUnauthorized: false, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  const spans = await recorded.until(2);
  expect(spans.find(({ kind }) => kind === 'SERVER')).toMatchObject({
    attributes: { 'url.scheme': 'https', 'server.address': 'localhost', 'server.port': port },
  });
});

describe('context', () => {
  it('is the request in its handler, in listeners of request and response, and after awaits', async () => {
    const seen: Record<string, string | undefined> = {};
    const port = await serve(async (request, response) => {
      const see = (where: string): void => void (seen[where] = traceHere());
      see('handler');
      for (const event of ['data', 'end', 'close'] as const) request.on(event, () => see(`request ${event}`));
      for (const event of ['finish', 'close'] as const) response.on(event, () => see(`response ${event}`));
      await new Promise((resolve) => setImmediate(resolve));
      see('later');
      await once(request, 'end');
      see('after the body');
      response.end('done', () => see('written'));
    });
    const wire = await connect(port);
    wire.send('POST / HTTP/1.1', 'Host: a', 'Content-Length: 4', '', 'bo');
    // In a packet of its own: node:http reads it outside of the handler's context.
    setImmediate(() => setImmediate(() => wire.send('dy')));
    await wire.until((text) => text.includes('done'));
    const [span] = await recorded.until(1);
    const places = ['handler', 'later', 'request data', 'request end', 'request close', 'after the body', 'written'];
    expect(seen).toEqual(
      Object.fromEntries([...places, 'response finish', 'response close'].map((place) => [place, span!.traceId])),
    );
  });

  it('does not reach the next request of a connection, a thousand times', async () => {
    const inside: (string | undefined)[] = [];
    const port = await serve(async (request, response) => {
      const before = spanHere();
      request.resume();
      await once(request, 'end');
      inside.push(before === spanHere() ? before : `${before} became ${spanHere()}`);
      response.end('.');
    });
    const wire = await connect(port);
    for (let i = 1; i <= 1_000; i++) {
      wire.send(...GET('/'));
      await wire.until((text) => text.endsWith('\r\n\r\n.'));
      wire.text = '';
    }
    const spans = await recorded.until(1_000);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1_000);
    expect(inside).toEqual(spans.map(({ spanId }) => spanId));
    expect(new Set(spans.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set(['']));
  });

  it('is each its own for pipelined requests, whose handlers overlap', async () => {
    const inside = new Map<string, (string | undefined)[]>();
    const port = await serve(async (request, response) => {
      const before = traceHere();
      await new Promise((resolve) => setTimeout(resolve, request.url === '/0' ? 5 : 1));
      inside.set(request.url!, [before, traceHere()]);
      response.end(request.url);
    });
    const wire = await connect(port);
    wire.send(...Array.from({ length: 20 }, (_, i) => GET(`/${i}`).join('\r\n')));
    await wire.until((text) => text.endsWith('/19'));
    const spans = await recorded.until(20);
    expect(spans).toHaveLength(20);
    for (const { attributes, traceId } of spans)
      expect(inside.get(attributes['url.path'] as string)).toEqual([traceId, traceId]);
    expect(inside.size).toBe(20);
  });

  it('is none of a later request, of the connection, or of what emits a request by hand', async () => {
    const server = http.createServer((request, response) => void response.end(request.url));
    const outside: (string | undefined)[] = [];
    const { emit } = server;
    // Before our part of `emit`: what the request before has left.
    server.emit = function (event: string, ...args: unknown[]) {
      if (event === 'request') outside.push(traceHere());
      return Reflect.apply(emit, this, [event, ...args]) as boolean;
    };
    server.on('connection', (socket) => socket.on('data', () => outside.push(traceHere())));
    const wire = await connect(await listen(server));
    wire.send(...GET('/0'), ...GET('/1'));
    await wire.until((text) => text.endsWith('/1'));
    wire.send(...GET('/2'));
    await wire.until((text) => text.endsWith('/2'));

    const request = new http.IncomingMessage(new Socket());
    request.url = '/by-hand';
    server.emit('request', request, new http.ServerResponse(request));
    outside.push(traceHere());

    expect(await recorded.until(3)).toHaveLength(3);
    expect(new Set(outside)).toEqual(new Set([undefined]));
  });

  it('is none of what puts a request off while its body is on the way', async () => {
    const inside: (string | undefined)[] = [];
    const outside: (string | undefined)[] = [];
    const server = http.createServer((request, response) => {
      inside.push(traceHere());
      request.resume().on('end', () => response.end(request.url));
    });
    const { emit } = server;
    const putOff = new EventEmitter();
    server.emit = function (event: string, ...args: unknown[]) {
      if (event !== 'request') return Reflect.apply(emit, this, [event, ...args]) as boolean;
      setImmediate(() => {
        Reflect.apply(emit, this, [event, ...args]);
        outside.push(traceHere());
        putOff.emit('served');
      });
      return true;
    };
    const wire = await connect(await listen(server));
    for (const path of ['/0', '/1']) {
      const served = once(putOff, 'served');
      wire.send(...GET(path, 'Content-Length: 4'));
      await served;
      wire.send('body');
      await wire.until((text) => text.endsWith(path));
    }
    expect(outside).toEqual([undefined, undefined]);
    expect(inside).toEqual((await recorded.until(2)).map(({ traceId }) => traceId));
  });
});

describe('ends', () => {
  const status = (spans: { attributes: object; status: object }[]): object[] =>
    spans.map(({ attributes, status: { ...code } }) => ({
      status: (attributes as Record<string, unknown>)['http.response.status_code'],
      type: (attributes as Record<string, unknown>)['error.type'],
      ...code,
    }));

  it('with an error for 5xx, without for 4xx', async () => {
    const port = await serve((request, response) => {
      response.statusCode = Number(request.url!.slice(1));
      response.end();
    });
    const wire = await connect(port);
    for (const code of [404, 503]) {
      wire.send(...GET(`/${code}`));
      await wire.until((text) => text.includes(`HTTP/1.1 ${code}`));
    }
    expect(status(await recorded.until(2))).toEqual([
      { status: 404, type: undefined, code: 'UNSET' },
      { status: 503, type: '503', code: 'ERROR' },
    ]);
  });

  it('when the client hangs up before the response', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const port = await serve(() => resolve());
    const wire = await connect(port);
    wire.send(...GET('/'));
    await promise;
    wire.socket.end();
    const spans = await recorded.until(1);
    expect(status(spans)).toEqual([{ status: undefined, type: undefined, code: 'UNSET' }]);
    expect(spans[0]!.attributes['http.request.cancelled']).toBe(true);
  });

  it('when the client resets the connection in the middle of the response', async () => {
    const port = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'.repeat(1_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const wire = await connect(port);
    wire.send(...GET('/'));
    await wire.until((text) => text.length > 3_000);
    wire.socket.resetAndDestroy();
    const spans = await recorded.until(1);
    expect(status(spans)).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
    expect(spans[0]!.attributes['http.request.cancelled']).toBe(true);
  });

  it('when the application destroys the response, with and without an error', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/why') response.destroy(Object.assign(new Error('no'), { code: 'E_NO' }));
      else response.destroy();
    });
    for (const path of ['/', '/why']) {
      const wire = await connect(port);
      wire.send(...GET(path));
      await wire.closed();
    }
    expect(status(await recorded.until(2))).toEqual([
      { status: undefined, type: 'server_disconnected', code: 'ERROR' },
      { status: undefined, type: 'E_NO', code: 'ERROR' },
    ]);
  });

  it("when the server's own time-out closes the connection", async () => {
    // From the request on: before it, there is nothing to say.
    const wire = await connect(await serve((request) => void request.socket.setTimeout(20)));
    wire.send(...GET('/'));
    await wire.closed();
    expect(status(await recorded.until(1))).toEqual([{ status: undefined, type: 'timeout', code: 'ERROR' }]);
  });

  it('with the status that was sent when the server gives a request up that does not come in', async () => {
    const limits = { requestTimeout: 300, headersTimeout: 300, connectionsCheckingInterval: 10 };
    const quiet = http.createServer(limits, (request) => request.resume());
    const answering = http.createServer(limits, (request) => request.resume());
    answering.on('clientError', (_error, socket) => socket.end('HTTP/1.1 503 Later\r\n\r\n'));
    for (const server of [quiet, answering]) {
      const wire = await connect(await listen(server));
      wire.send('POST / HTTP/1.1', 'Host: a', 'Content-Length: 100', '', 'abc');
      await wire.closed();
    }
    expect(status(await recorded.until(2))).toEqual([
      { status: 408, type: 'timeout', code: 'ERROR' },
      { status: 503, type: 'timeout', code: 'ERROR' },
    ]);
  });

  it('with 400 when the rest of the request cannot be read', async () => {
    const wire = await connect(await serve((request) => request.resume()));
    wire.send('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', 'no number', '');
    await wire.closed();
    expect(status(await recorded.until(1))).toEqual([{ status: 400, type: undefined, code: 'UNSET' }]);
  });

  it('with the status of the head, whatever is set later', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200);
      response.write('sent');
      response.statusCode = 500;
      response.end();
    });
    const wire = await connect(port);
    wire.send(...GET('/'));
    await wire.until((text) => text.includes('sent'));
    expect(status(await recorded.until(1))).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
  });

  it('as no time-out for a connection that was silent once, and went on', async () => {
    const server = http.createServer(async (request, response) => {
      if (request.url === '/silent') {
        await once(server, 'timeout');
        response.end('late');
      } else response.destroy();
    });
    // Who listens decides what happens to the connection.
    server.on('timeout', () => {});
    server.setTimeout(20);
    const wire = await connect(await listen(server));
    wire.send(...GET('/silent'));
    await wire.until((text) => text.includes('late'));
    wire.send(...GET('/destroyed'));
    await wire.closed();
    expect(status(await recorded.until(2))).toEqual([
      { status: 200, type: undefined, code: 'UNSET' },
      { status: undefined, type: 'server_disconnected', code: 'ERROR' },
    ]);
  });

  it('without an error for a stream of events whose reader leaves', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const wire = await connect(port);
      wire.send(...GET('/'));
      await wire.until((text) => text.includes('data: 1'));
      wire.socket[leave]();
    }
    const spans = await recorded.until(3);
    expect(status(spans)).toEqual(Array.from({ length: 3 }, () => ({ status: 200, type: undefined, code: 'UNSET' })));
  });

  it('and leaves nothing of it on the connection', async () => {
    let socket: Socket | undefined;
    const port = await serve((request, response) => {
      socket = request.socket;
      response.end('.');
    });
    const wire = await connect(port);
    for (let i = 1; i <= 3; i++) {
      wire.send(...GET('/'));
      await wire.until((text) => count(text, 'HTTP/1.1 200') === i);
    }
    await recorded.until(3);
    const line = Object.getOwnPropertySymbols(socket!).find(
      ({ description }) => description === 'foreshock.open-requests',
    )!;
    expect((socket as unknown as Record<symbol, { open: unknown[] }>)[line]!.open).toEqual([]);
  });

  it('for every pipelined request when the connection goes away', async () => {
    let received = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const port = await serve(() => {
      if (++received === 15) resolve();
    });
    const wire = await connect(port);
    wire.send(...Array.from({ length: 15 }, (_, i) => GET(`/${i}`).join('\r\n')));
    await promise;
    wire.socket.destroy();
    expect(status(await recorded.until(15))).toEqual(
      Array.from({ length: 15 }, () => ({ status: undefined, type: undefined, code: 'UNSET' })),
    );
  });

  it('once the last byte of a streamed response is gone', async () => {
    const finish = Promise.withResolvers<void>();
    const port = await serve(async (_request, response) => {
      response.write('first');
      await finish.promise;
      response.end('last');
    });
    const wire = await connect(port);
    wire.send(...GET('/'));
    await wire.until((text) => text.includes('first'));
    expect(recorded.spans()).toEqual([]);
    finish.resolve();
    await wire.until((text) => text.includes('last'));
    expect(status(await recorded.until(1))).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
  });

  it('HEAD, OPTIONS and an unread body', async () => {
    const port = await serve((_request, response) => response.end('body'));
    const wire = await connect(port);
    wire.send('HEAD / HTTP/1.1', 'Host: a', '', '');
    await wire.until((text) => text.includes('\r\n\r\n'));
    wire.send('OPTIONS * HTTP/1.1', 'Host: a', '', '');
    await wire.until((text) => count(text, 'HTTP/1.1 200') === 2);
    wire.send('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', '', 'hello');
    await wire.until((text) => count(text, 'HTTP/1.1 200') === 3);
    const spans = await recorded.until(3);
    expect(
      spans.map(({ name, attributes }) => [name, attributes['url.path'], attributes['http.response.status_code']]),
    ).toEqual([
      ['HEAD', '/', 200],
      ['OPTIONS', '*', 200],
      ['POST', '/', 200],
    ]);
  });
});

it('a message with many listeners is patched once', async () => {
  const emits = new Set<unknown>();
  const port = await serve((request, response) => {
    for (let i = 0; i < 3; i++) emits.add(request.on('error', () => {}).emit);
    response.end('.');
  });
  const wire = await connect(port);
  wire.send(...GET('/'));
  await wire.until((text) => text.endsWith('.'));
  expect(emits.size).toBe(1);
});

describe('Expect', () => {
  const POST = ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 4', 'Connection: close'];

  it('100-continue is one span, whether the application listens for it or not', async () => {
    const read = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end(body);
    };
    const quiet = http.createServer(read);
    const asked = http.createServer(read).on('checkContinue', (request, response) => {
      response.writeContinue();
      asked.emit('request', request, response);
    });
    for (const server of [quiet, asked]) {
      const wire = await connect(await listen(server));
      wire.send(...POST, 'Expect: 100-continue', '', '');
      await wire.until((text) => text.includes('100 Continue'));
      wire.send('body');
      expect(await wire.closed()).toContain('body');
    }
    const spans = await recorded.until(2);
    expect(spans.map(({ name, attributes }) => [name, attributes['http.response.status_code']])).toEqual([
      ['POST', 200],
      ['POST', 200],
    ]);
  });

  it('may be refused', async () => {
    const server = http.createServer().on('checkContinue', (_request, response) => response.writeHead(417).end());
    server.on('checkExpectation', (_request, response) => response.writeHead(406).end());
    const port = await listen(server);
    for (const expectation of ['100-continue', 'miracles']) {
      const wire = await connect(port);
      wire.send(...POST, `Expect: ${expectation}`, '', '');
      await wire.closed();
    }
    const spans = await recorded.until(2);
    expect(spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([417, 406]);
  });
});

describe('upgrade', () => {
  it('to a WebSocket ends with 101; its connection is in the request, its frames are not', async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ server });
    const inside: (string | undefined)[] = [];
    sockets.on('connection', (socket) => {
      inside.push(traceHere());
      socket.on('message', (message) => {
        inside.push(traceHere());
        socket.send(`${String(message)}!`);
      });
    });
    const port = await listen(server);
    const client = new WebSocket(`ws://127.0.0.1:${port}/live?room=1`);
    await once(client, 'open');
    for (const text of ['one', 'two']) {
      client.send(text);
      const [answer] = await once(client, 'message');
      expect(String(answer)).toBe(`${text}!`);
    }
    client.close();
    await once(client, 'close');
    const spans = await recorded.until(2);
    const span = spans.find(({ kind }) => kind === 'SERVER')!;
    expect(span).toMatchObject({
      name: 'GET',
      status: { code: 'UNSET' },
      attributes: { 'http.response.status_code': 101, 'url.path': '/live', 'url.query': 'room=1' },
    });
    expect(inside).toEqual([span.traceId, undefined, undefined]);
    expect(spans.find(({ kind }) => kind === 'CLIENT')).toMatchObject({
      traceId: span.traceId,
      spanId: span.parentSpanId,
      attributes: { 'http.response.status_code': 101, 'url.full': `http://127.0.0.1:${port}/live?room=1` },
    });
  });

  it('refused has the status of the refusal; unanswered, the reason', async () => {
    const server = http.createServer();
    server.on('upgrade', (request, socket) => {
      if (request.url === '/end') socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      if (request.url === '/write') socket.write(Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\n'), () => socket.destroy());
      if (request.url === '/garbage') socket.end('go away');
      if (request.url === '/destroy') socket.destroy();
    });
    const port = await listen(server);
    for (const path of ['/end', '/write', '/garbage', '/destroy']) {
      const wire = await connect(port);
      wire.send(...GET(path, 'Connection: Upgrade', 'Upgrade: websocket'));
      await wire.closed();
    }
    const spans = await recorded.until(4);
    expect(spans.map(({ attributes }) => [attributes['http.response.status_code'], attributes['error.type']])).toEqual([
      [401, undefined],
      [403, undefined],
      [undefined, undefined],
      [undefined, 'server_disconnected'],
    ]);
  });

  it('CONNECT', async () => {
    const inside: (string | undefined)[] = [];
    const server = http.createServer().on('connect', (_request, socket) => {
      socket.on('data', (data: Buffer) => {
        inside.push(traceHere());
        socket.end(data);
      });
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    });
    const wire = await connect(await listen(server));
    wire.send('CONNECT db.internal:5432 HTTP/1.1', 'Host: db.internal:5432', '', '');
    await wire.until((text) => text.includes('Established'));
    wire.send('through');
    expect(await wire.closed()).toContain('through');
    const [span] = await recorded.until(1);
    expect(span).toMatchObject({ name: 'CONNECT', attributes: { 'http.response.status_code': 200 } });
    expect(inside).toEqual([span!.traceId]);
  });

  it('leaves the socket as it was', async () => {
    const server = http.createServer();
    const { promise, resolve } = Promise.withResolvers<string[]>();
    server.on('upgrade', (_request, socket) => {
      socket.on('error', () => {}).end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      resolve(['write', 'end'].filter((name) => Object.hasOwn(socket, name)));
    });
    const wire = await connect(await listen(server));
    wire.send(...GET('/', 'Connection: Upgrade', 'Upgrade: x'));
    expect(await promise).toEqual([]);
  });
});

describe('x-trace-id of the response', () => {
  const headerOf = async (listener: RequestListener, ...headers: string[]): Promise<string[]> => {
    const wire = await connect(await serve(listener));
    wire.send(...GET('/', 'Connection: close', ...headers));
    const text = await wire.closed();
    return [...text.matchAll(/^x-trace-id: (.*)\r$/gim)].map(([, value]) => value!);
  };

  it('is the trace, however the head is written', async () => {
    const listeners: RequestListener[] = [
      (_request, response) => void response.end(),
      (_request, response) => void response.writeHead(204).end(),
      (_request, response) => void response.writeHead(200, { a: 'b' }).end(),
      (_request, response) => void response.writeHead(200, ['a', 'b', 'c', 'd']).end(),
      (_request, response) => void response.setHeader('a', 'b').writeHead(200, 'Fine', { c: 'd' }).end(),
      (_request, response) => {
        response.flushHeaders();
        response.end();
      },
    ];
    for (const listener of listeners) {
      const seen = await headerOf(listener);
      expect(seen).toEqual([(await recorded.until(1))[0]!.traceId]);
      recorded.clear();
    }
  });

  it("is the caller's own text when it had one", async () => {
    expect(await headerOf((_request, response) => void response.end(), 'x-trace-id: order-4711')).toEqual([
      'order-4711',
    ]);
  });

  it("is never put over the application's, nor among its headers", async () => {
    let names: string[] = [];
    const listeners: RequestListener[] = [
      (_request, response) => void response.setHeader('X-Trace-Id', 'mine').end(),
      (_request, response) => void response.writeHead(200, { 'X-Trace-ID': 'mine' }).end(),
      (_request, response) => void response.writeHead(200, { __proto__: null, 'X-Trace-ID': 'mine' } as never).end(),
      (_request, response) => void response.writeHead(200, ['X-TRACE-ID', 'mine']).end(),
      (_request, response) => {
        names = response.getHeaderNames();
        response.setHeader('x-trace-id', 'mine').writeHead(200, { a: 'b' }).end();
      },
    ];
    for (const listener of listeners) expect(await headerOf(listener)).toEqual(['mine']);
    expect(names).toEqual([]);
  });
});

describe('leaves the application alone', () => {
  it('no listener, no property that prints or copies, no change to what emit returns', async () => {
    const seen: unknown[] = [];
    const listeners = (emitter: EventEmitter): unknown =>
      emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]);
    const port = await serve((request, response) => {
      seen.push(listeners(request), listeners(response));
      const heard = (): void => {};
      request.on('x', heard).once('x', heard).prependListener('y', heard);
      response.once('x', heard);
      seen.push(request.listeners('x'), response.listeners('x'));
      seen.push(request.emit('nobody listens'), response.emit('x'), response.emit('x'));
      request.off('x', heard).off('x', heard);
      seen.push(listeners(request), listeners(response), Object.keys(request), Object.keys(response));
      response.end();
    });
    const once = async (): Promise<unknown[]> => {
      const wire = await connect(port);
      wire.send(...GET('/', 'Connection: close'));
      await wire.closed();
      return seen.splice(0);
    };
    const traced = await once();
    await recorded.until(1);
    const { Server, ServerResponse, IncomingMessage } = http;
    recorded.disable();
    for (const { prototype } of [Server, ServerResponse, IncomingMessage]) {
      expect(['emit', 'on', 'once', '_storeHeader'].filter((name) => Object.hasOwn(prototype, name))).toEqual([]);
    }
    const untraced = await once();
    expect(JSON.stringify(traced)).toBe(JSON.stringify(untraced));
    recorded.enable();
  });

  it('two listeners on a connection, however many requests it carries', async () => {
    const counts: number[][] = [];
    const port = await serve((request, response) => {
      counts.push(['close', 'timeout', 'error'].map((name) => request.socket.listenerCount(name)));
      response.end();
    });
    const wire = await connect(port);
    for (let i = 1; i <= 30; i++) {
      wire.send(...GET('/'));
      await wire.until((text) => count(text, 'HTTP/1.1 200') === i);
    }
    expect(counts).toEqual(Array.from({ length: 30 }, () => counts[0]));
  });

  it('servers of http2, with HTTP/1 allowed or not', async () => {
    const server = http2.createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (request, response) => {
      response.end(`${request.httpVersion} ${traceHere()}`);
    });
    const port = await listen(server);
    const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/' }).setEncoding('utf8');
    let text = '';
    for await (const chunk of stream) text += chunk;
    session.close();
    expect(text).toBe('2.0 undefined');
    const request = https.get({ port, rejectUnauthorized: false, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    text = '';
    for await (const chunk of response) text += chunk;
    expect(text).toBe('1.1 undefined');
    expect((await recorded.until(1)).map(({ kind }) => kind)).toEqual(['CLIENT']);
  });

  it('a response without a connection ends as it is written', async () => {
    const server = http.createServer((_request, response) => response.writeHead(202).end('queued'));
    const request = Object.assign(new http.IncomingMessage(new Socket()), { method: 'POST', url: '/event' });
    const response = new http.ServerResponse(request);
    const written: string[] = [];
    const socket = new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) });
    response.assignSocket(socket as Socket);
    server.emit('request', request, response);
    const [span] = await recorded.until(1);
    expect(span).toMatchObject({
      name: 'POST',
      attributes: { 'http.response.status_code': 202, 'url.path': '/event' },
    });
    expect(written.join('')).toContain('queued');
  });

  it("requests emitted with the application's own objects", async () => {
    const server = http.createServer();
    const seen: unknown[] = [];
    server.removeAllListeners('request').on('request', (...args) => seen.push(args));
    expect(server.emit('request', { mock: true } as never, {} as never)).toBe(true);
    expect(server.emit('request', undefined as never, undefined as never)).toBe(true);
    expect(seen).toEqual([
      [{ mock: true }, {}],
      [undefined, undefined],
    ]);
    expect(recorded.spans()).toEqual([]);
  });
});

it('takes the route that instrumentations of frameworks leave in the context', async () => {
  const wire = await connect(
    await serve((_request, response) => {
      const metadata = getRPCMetadata(context.active());
      expect(metadata?.type).toBe(RPCType.HTTP);
      metadata!.route = '/from/:elsewhere';
      response.end();
    }),
  );
  wire.send(...GET('/from/here'));
  const [span] = await recorded.until(1);
  expect(span).toMatchObject({ name: 'GET /from/:elsewhere', attributes: { 'http.route': '/from/:elsewhere' } });
});

it('unknown methods are _OTHER', async () => {
  const wire = await connect(await serve((_request, response) => response.end()));
  wire.send('PROPFIND / HTTP/1.1', 'Host: a', '', '');
  const [span] = await recorded.until(1);
  expect(span).toMatchObject({
    name: 'HTTP',
    attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' },
  });
});

it('measures durations in seconds, by method, status and route', async () => {
  const wire = await connect(await serve((_request, response) => response.writeHead(500).end()));
  wire.send(...GET('/', 'Connection: close'));
  await wire.closed();
  const metric = (await recorded.metrics()).find(({ name }) => name === 'http.server.request.duration')!;
  expect(metric).toMatchObject({ unit: 's', type: 'histogram', scope: '@foreshock/instrumentation-http' });
  const point = metric.points.find(({ attributes }) => attributes['http.response.status_code'] === 500);
  expect(point).toMatchObject({
    attributes: {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'http.response.status_code': 500,
      'error.type': '500',
    },
    count: 1,
    bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  });
});
