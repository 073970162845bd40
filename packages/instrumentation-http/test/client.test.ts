import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as immediate } from 'node:timers/promises';
import axios from 'axios';
import got from 'got';
import { context, propagation } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { suppressed } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { shows, type ReceivedSpan } from '@foreshock/testkit';
import { CERTIFICATE } from './certificate.ts';
import { record, spanHere } from './recording.ts';
import { listen } from './wire.ts';

// The servers of these tests are bare connections: every span is a client's.
const recorded = record();
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());

/** A server that answers each connection's bytes with a function; resolves with its port. */
const answering = (answer: (socket: net.Socket, head: string) => void): Promise<number> =>
  listen(
    net.createServer((socket) => {
      socket.setEncoding('latin1').on('error', () => {});
      let head = '';
      socket.on('data', (chunk) => {
        head += chunk;
        if (!head.includes('\r\n\r\n')) return;
        answer(socket, head);
        head = '';
      });
    }),
  );

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
/** Says the request's head back as the body. */
const mirror = (socket: net.Socket, head: string): void =>
  void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${head.length}\r\n\r\n${head}`);

const responseOf = async (request: ClientRequest): Promise<IncomingMessage> =>
  ((await once(request, 'response')) as [IncomingMessage])[0];
const bodyOf = async (request: ClientRequest): Promise<string> => text(await responseOf(request));
const headersIn = (head: string): Record<string, string> =>
  Object.fromEntries(
    [...head.matchAll(/^([\w-]+): (.*)\r$/gm)].map(([, name, value]) => [name!.toLowerCase(), value!]),
  );
const outcome = ({ attributes, status }: ReceivedSpan): object => ({
  status: attributes['http.response.status_code'],
  type: attributes['error.type'],
  code: status.code,
});

it('describes a call from its head to the last byte of its response', async () => {
  const port = await answering((socket) => socket.write(OK));
  const result = await recorded.inSpan('caller', () =>
    bodyOf(http.get(`http://127.0.0.1:${port}/a?b=c&token=t`, { agent: false, headers: { 'User-Agent': 'test/1' } })),
  );
  expect(result).toBe('hello');
  const [span, caller] = await recorded.until(2);
  expect(span).toEqual({
    traceId: caller!.traceId,
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    parentSpanId: caller!.spanId,
    name: 'GET',
    kind: 'CLIENT',
    startTime: expect.any(Number),
    endTime: expect.any(Number),
    durationMs: expect.any(Number),
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': `http://127.0.0.1:${port}/a?b=c&token=REDACTED`,
      'server.address': '127.0.0.1',
      'server.port': port,
      'http.phase.connect_ms': expect.any(Number),
      'http.phase.ttfb_ms': expect.any(Number),
      ...('http.phase.download_ms' in span!.attributes && { 'http.phase.download_ms': expect.any(Number) }),
      ...('http.phase.queue_ms' in span!.attributes && { 'http.phase.queue_ms': expect.any(Number) }),
    },
    events: [],
    links: [],
    status: { code: 'UNSET' },
    flags: 0x101,
    traceState: '',
    resource: expect.any(Object),
    scope: '@foreshock/instrumentation-http',
    dropped: { attributes: 0, events: 0, links: 0 },
  });
});

describe('trace headers', () => {
  it.each<[string, (port: number) => ClientRequest]>([
    ['a URL', (port) => http.get(`http://127.0.0.1:${port}/`)],
    ['options', (port) => http.request({ port, method: 'POST', headers: { a: 'b' } }).end('body')],
    ['headers set later', (port) => http.request({ port }).setHeader('a', 'b').end() as ClientRequest],
    ['an array of headers', (port) => http.get({ port, headers: ['Host', 'a', 'b', 'c'] })],
    [
      'an array of pairs',
      (port) =>
        http.get({
          port,
          headers: [
            ['Host', 'a'],
            ['b', 'c'],
          ] as never,
        }),
    ],
    ['Expect', (port) => http.request({ port, method: 'PUT', headers: { Expect: '100-continue' } }).end('body')],
    [
      'Expect in an array',
      (port) =>
        http
          .request({ port, method: 'PUT', headers: ['Host', 'a', 'Expect', '100-continue', 'Content-Length', '4'] })
          .end('body'),
    ],
    [
      'flushed headers',
      (port) => {
        const request = http.request({ port, method: 'PUT' });
        request.flushHeaders();
        return request.end('body');
      },
    ],
    ['no agent', (port) => http.get({ port, agent: false })],
    ['a connection of its own', (port) => http.get({ port, createConnection: () => net.connect(port, '127.0.0.1') })],
  ])('go with %s', async (_, call) => {
    const port = await answering(mirror);
    const head = await bodyOf(call(port));
    const [span] = await recorded.until(1);
    expect(headersIn(head)).toMatchObject({
      traceparent: `00-${span!.traceId}-${span!.spanId}-03`,
      'x-trace-id': span!.traceId,
    });
    expect(head.match(/traceparent/gi)).toHaveLength(1);
    // A body follows, if any, as if nothing had been there.
    expect(head.indexOf('\r\n\r\n')).toBeGreaterThan(head.indexOf('traceparent'));
  });

  it("are the application's own where it has set them", async () => {
    const port = await answering(mirror);
    const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const calls: RequestOptions[] = [{ headers: { Traceparent: own } }, { headers: ['Host', 'a', 'TraceParent', own] }];
    for (const options of calls) {
      const head = await bodyOf(http.get({ port, ...options }));
      expect(headersIn(head)['traceparent']).toBe(own);
      expect(head.match(/traceparent|x-trace-id/gi)).toHaveLength(1);
    }
    const request = http.request({ port });
    request.setHeader('traceparent', own).end();
    expect(headersIn(await bodyOf(request))['traceparent']).toBe(own);
  });

  it('are not among the headers the application sees', async () => {
    const port = await answering(mirror);
    const headers = { a: 'b' };
    const request = http.get({ port, headers });
    await bodyOf(request);
    expect(request.getHeaderNames()).toEqual(['a', 'host']);
    expect(headers).toEqual({ a: 'b' });
  });

  it('carry nothing that could be a header of its own', async () => {
    const port = await answering(mirror);
    const propagator = {
      inject: (
        _context: unknown,
        carrier: unknown,
        setter: { set(carrier: unknown, name: string, value: string): void },
      ) => {
        setter.set(carrier, 'evil', 'a\r\nSet-Cookie: b');
        setter.set(carrier, 'good', 'c');
      },
      extract: (where: unknown) => where,
      fields: () => [],
    };
    propagation.disable();
    propagation.setGlobalPropagator(propagator as never);
    try {
      const head = await bodyOf(http.get({ port }));
      expect(headersIn(head)).toMatchObject({ good: 'c' });
      expect(head).not.toContain('evil');
    } finally {
      propagation.disable();
      propagation.setGlobalPropagator(new ForeshockPropagator());
    }
  });
});

describe('hosts that may not have our headers', () => {
  const asked: string[] = [];
  let local: ReturnType<typeof record>;
  beforeAll(() => {
    recorded.disable();
    local = record({ propagateTo: (host) => asked.push(host) < 0 });
  });
  afterAll(() => {
    local.stop();
    recorded.enable();
  });

  it('get none, and the call has its span', async () => {
    const port = await answering(mirror);
    const head = await bodyOf(http.get(`http://127.0.0.1:${port}/`));
    expect(headersIn(head)).toEqual({ host: `127.0.0.1:${port}`, connection: 'keep-alive' });
    expect(asked).toEqual([`127.0.0.1:${port}`]);
    expect((await local.until(1)).map(({ name }) => name)).toEqual(['GET']);
  });
});

it('callbacks and listeners run where the call was made', async () => {
  const port = await answering((socket) =>
    setImmediate(() =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', () =>
        setImmediate(() => socket.write('world')),
      ),
    ),
  );
  const seen: Record<string, string | undefined> = {};
  let caller = '';
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  // Another call has the only connection first: the events come from that one's context.
  const other = recorded.inSpan('other', () => bodyOf(http.get({ port, agent })));
  await recorded.inSpan('caller', async () => {
    caller = spanHere()!;
    const see = (where: string): void => void (seen[where] = spanHere());
    const request = http.get({ port, agent }, (response) => {
      see('callback');
      response
        .on('data', () => see('data'))
        .on('end', () => see('end'))
        .on('close', () => see('response close'));
    });
    request
      .on('socket', () => see('socket'))
      .on('response', () => see('response'))
      .on('finish', () => see('finish'));
    request.on('close', () => see('close'));
    await once(request, 'close');
    see('after');
  });
  await other;
  agent.destroy();
  const places = ['callback', 'data', 'end', 'response close', 'socket', 'response', 'finish', 'close', 'after'];
  expect(seen).toEqual(Object.fromEntries(places.map((place) => [place, caller])));
});

describe('ends', () => {
  it('with an error for 4xx and 5xx', async () => {
    let code = 399;
    const port = await answering((socket) => socket.write(`HTTP/1.1 ${(code += 1)} No\r\nContent-Length: 0\r\n\r\n`));
    await bodyOf(http.get({ port }));
    code = 502;
    await bodyOf(http.get({ port }));
    expect((await recorded.until(2)).map(outcome)).toEqual([
      { status: 400, type: '400', code: 'ERROR' },
      { status: 503, type: '503', code: 'ERROR' },
    ]);
  });

  it('when the body has come, although it stays unread', async () => {
    const port = await answering((socket) => socket.write(OK));
    const response = await responseOf(http.get({ port, agent: false }));
    expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
    expect(response.readableEnded).toBe(false);
    expect(await text(response)).toBe('hello');
  });

  it('when there is no listener for the response', async () => {
    const port = await answering((socket) => socket.write(OK));
    http.get({ port });
    expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
  });

  it('after informational responses, with the final one', async () => {
    const port = await answering((socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${OK}`));
    await bodyOf(http.get({ port }));
    expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
  });

  it('when the connection is refused, reset, or closed without an answer', async () => {
    const free = net.createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port: refusing } = free.address() as net.AddressInfo;
    free.close();
    const port = await answering((socket, head) => {
      if (head.includes('/reset')) socket.resetAndDestroy();
      if (head.includes('/close')) socket.end();
      if (head.includes('/half')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe');
    });
    await expect(bodyOf(http.get({ port: refusing, host: '127.0.0.1' }))).rejects.toThrow('ECONNREFUSED');
    await expect(bodyOf(http.get({ port, path: '/reset' }))).rejects.toThrow('ECONNRESET');
    await expect(bodyOf(http.get({ port, path: '/close' }))).rejects.toThrow('socket hang up');
    await expect(bodyOf(http.get({ port, path: '/half' }))).rejects.toThrow('aborted');
    expect((await recorded.until(4)).map(outcome)).toEqual([
      { status: undefined, type: 'ECONNREFUSED', code: 'ERROR' },
      { status: undefined, type: 'ECONNRESET', code: 'ERROR' },
      { status: undefined, type: 'ECONNRESET', code: 'ERROR' },
      { status: 200, type: 'ECONNRESET', code: 'ERROR' },
    ]);
  });

  it('when the name does not resolve, having waited for DNS', async () => {
    const lookup: net.LookupFunction = (_host, _options, done) =>
      setImmediate(() => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), ''));
    await expect(bodyOf(http.get({ host: 'nowhere.test', port: 8080, lookup }))).rejects.toThrow('no');
    const [span] = await recorded.until(1);
    expect(outcome(span!)).toEqual({ status: undefined, type: 'ENOTFOUND', code: 'ERROR' });
    expect(span!.attributes).toMatchObject({ 'url.full': 'http://nowhere.test:8080/', 'server.port': 8080 });
  });

  it('when the application has read enough of it', async () => {
    const port = await answering((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello'));
    for await (const _chunk of await responseOf(http.get({ port }))) break;
    expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
  });

  it('when a protocol is upgraded', async () => {
    const port = await answering((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    const request = http.get({ port, headers: { Connection: 'Upgrade', Upgrade: 'x' } });
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, net.Socket];
    socket.destroy();
    expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 101, type: undefined, code: 'UNSET' }]);
  });
});

describe('given up', () => {
  const never = (): Promise<number> => answering(() => {});
  const half = (): Promise<number> =>
    answering((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello'));
  /** Timer and call by one callback, as an application has them: after an `await` Node tells less of who made a timer. */
  const inOnePiece = async (call: () => unknown): Promise<unknown> => {
    const made = await new Promise<{ result: unknown }>((resolve) => setImmediate(() => resolve({ result: call() })));
    return made.result;
  };
  const timeOut = ({ attributes }: ReceivedSpan): unknown[] => [
    attributes['error.type'],
    attributes['http.timeout_ms'],
    attributes['http.timeout_phase'],
  ];

  it.each<[string, number, (port: number) => unknown]>([
    ['AbortSignal.timeout', 601, (port) => bodyOf(http.get({ port, signal: AbortSignal.timeout(601) }))],
    [
      'a timer that aborts',
      602,
      (port) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 602);
        return bodyOf(http.get({ port, signal: controller.signal }));
      },
    ],
    [
      'a timer that destroys',
      603,
      (port) => {
        const request = http.get({ port });
        setTimeout(() => request.destroy(new Error('too late')), 603);
        return bodyOf(request);
      },
    ],
    [
      'setTimeout of the request',
      604,
      (port) => {
        const request = http.get({ port });
        request.setTimeout(604, () => request.destroy());
        return bodyOf(request);
      },
    ],
    [
      'the option timeout',
      605,
      (port) => {
        const request = http.get({ port, timeout: 605 });
        request.on('timeout', () => request.destroy());
        return bodyOf(request);
      },
    ],
    ['axios', 606, (port) => axios.get(`http://127.0.0.1:${port}/`, { timeout: 606 })],
    [
      'a timer that was made before the request was ended',
      608,
      (port) => {
        const request = http.request({ port });
        setTimeout(() => request.destroy(), 608);
        return bodyOf(request.end());
      },
    ],
    [
      'AbortSignal.timeout, of a client with errors of its own',
      609,
      async (port) => {
        const signal = AbortSignal.timeout(609);
        await immediate();
        return axios.get(`http://127.0.0.1:${port}/`, { signal });
      },
    ],
  ])('by %s is a time-out', async (_, ms, call) => {
    const port = await never();
    await expect(inOnePiece(() => call(port))).rejects.toThrow(Error);
    const [span] = await recorded.until(1);
    expect(timeOut(span!)).toEqual(['timeout', ms, 'ttfb']);
    expect(span!.status.code).toBe('ERROR');
  });

  it('by got is a time-out of what was left of its budget', async () => {
    const port = await never();
    const call = (): unknown => got(`http://127.0.0.1:${port}/`, { timeout: { request: 207 }, retry: { limit: 0 } });
    await expect(inOnePiece(call)).rejects.toThrow(Error);
    const [span] = await recorded.until(1);
    const [type, ms, phase] = timeOut(span!);
    expect([type, phase]).toEqual(['timeout', 'ttfb']);
    // Its timer begins later than its budget (source/core/index.js, `_checkRequestTimeout`).
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(207);
  });

  it.each<[string, (request: ClientRequest, controller: AbortController) => void]>([
    ['abort', (_request, controller) => controller.abort()],
    ['destroy', (request) => void request.destroy()],
  ])('by %s outside of a timer is a cancellation', async (_, giveUp) => {
    const port = await never();
    const controller = new AbortController();
    const request = http.get({ port, signal: controller.signal });
    request.on('finish', () => setImmediate(giveUp, request, controller));
    await expect(bodyOf(request)).rejects.toThrow(Error);
    const [span] = await recorded.until(1);
    expect(timeOut(span!)).toEqual([undefined, undefined, undefined]);
    expect(span).toMatchObject({ status: { code: 'UNSET' }, attributes: { 'http.request.cancelled': true } });
  });

  it.each<[string, (port: number, controller: AbortController) => unknown]>([
    [
      'a debounce, made while the call is under way',
      (port, controller) => {
        const request = bodyOf(http.get({ port, signal: controller.signal }));
        setTimeout(() => controller.abort(), 20);
        return request;
      },
    ],
    [
      'a timer that destroys without a reason',
      (port) => {
        const request = http.get({ port });
        setTimeout(() => request.destroy(), 20);
        return bodyOf(request);
      },
    ],
    [
      'a signal that was aborted before',
      (port, controller) => {
        controller.abort();
        return bodyOf(http.get({ port, signal: controller.signal }));
      },
    ],
    [
      'a timer for something else, made before',
      async (port, controller) => {
        setTimeout(() => controller.abort(), 60);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return bodyOf(http.get({ port, signal: controller.signal }));
      },
    ],
    [
      'an interval',
      (port, controller) => {
        const interval = setInterval(() => controller.abort(), 20);
        controller.signal.addEventListener('abort', () => clearInterval(interval));
        return bodyOf(http.get({ port, signal: controller.signal }));
      },
    ],
    [
      'a reason of the application’s own',
      (port, controller) => {
        setImmediate(() => controller.abort(new Error('the user has left')));
        return bodyOf(http.get({ port, signal: controller.signal }));
      },
    ],
  ])('by %s is a cancellation', async (_, call) => {
    const port = await never();
    await expect(inOnePiece(() => call(port, new AbortController()))).rejects.toThrow(Error);
    const [span] = await recorded.until(1);
    expect(timeOut(span!)).toEqual([undefined, undefined, undefined]);
    expect(span).toMatchObject({ status: { code: 'UNSET' }, attributes: { 'http.request.cancelled': true } });
  });

  it('after a time-out that was only announced is a cancellation', async () => {
    const request = http.get({ port: await never(), timeout: 10 });
    await once(request, 'timeout');
    setImmediate(() => request.destroy());
    await expect(bodyOf(request)).rejects.toThrow(Error);
    expect(timeOut((await recorded.until(1))[0]!)).toEqual([undefined, undefined, undefined]);
  });

  it('while downloading says so', async () => {
    const port = await half();
    const response = (await inOnePiece(() => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 250);
      return responseOf(http.get({ port, signal: controller.signal }));
    })) as IncomingMessage;
    await expect(text(response)).rejects.toThrow(Error);
    const [span] = await recorded.until(1);
    expect(timeOut(span!)).toEqual(['timeout', 250, 'download']);
    expect(span!.attributes['http.response.status_code']).toBe(200);
  });

  it.each<[string, boolean]>([
    ['made for the call is a time-out', true],
    ['made later is none', false],
  ])('by a timer on the response alone, %s', async (_, before) => {
    const port = await half();
    const response = (await inOnePiece(async () => {
      let answer: IncomingMessage | undefined;
      if (before) setTimeout(() => answer?.destroy(), 250);
      answer = await responseOf(http.get({ port }));
      if (!before) setTimeout(() => answer?.destroy(), 20);
      return answer;
    })) as IncomingMessage;
    await expect(text(response)).rejects.toThrow(Error);
    expect(timeOut((await recorded.until(1))[0]!)).toEqual(
      before ? ['timeout', 250, 'download'] : [undefined, undefined, undefined],
    );
  });

  it('by who closes the socket alone says so', async () => {
    const port = await half();
    const response = (await inOnePiece(() => {
      const request = http.get({ port, timeout: 211 });
      request.on('timeout', () => request.socket!.destroy());
      return responseOf(request);
    })) as IncomingMessage;
    await expect(text(response)).rejects.toThrow(Error);
    expect(timeOut((await recorded.until(1))[0]!)).toEqual(['timeout', 211, 'download']);
  });

  it('by a timer that is to run at once is a cancellation', async () => {
    const port = await never();
    const failed = inOnePiece(() => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 0);
      return bodyOf(http.get({ port, signal: controller.signal }));
    });
    await expect(failed).rejects.toThrow(Error);
    expect(timeOut((await recorded.until(1))[0]!)).toEqual([undefined, undefined, undefined]);
  });

  it('leaves nothing behind for hooks of the application that keep what was created', async () => {
    const kept = new Set<number>();
    const hook = createHook({
      init: (id, type) => void (type === 'foreshock.call' && kept.add(id)),
      destroy: (id) => void kept.delete(id),
    }).enable();
    const port = await answering((socket) => socket.write(OK));
    for (let i = 0; i < 5; i++) await bodyOf(http.get({ port }));
    await immediate();
    hook.disable();
    expect(kept.size).toBe(0);
  });

  it('in line for a socket says so', async () => {
    const port = await never();
    const agent = new http.Agent({ maxSockets: 1 });
    const first = http.get({ port, agent }).on('error', () => {});
    const signal = AbortSignal.timeout(20);
    const second = http.get({ port, agent, signal });
    // Node tells a request in line of its end when its turn comes.
    second.on('error', () => {});
    signal.addEventListener('abort', () => setImmediate(() => first.destroy()));
    await new Promise((resolve) => second.on('close', resolve));
    const spans = await recorded.until(2);
    expect(spans.map(timeOut)).toEqual([
      [undefined, undefined, undefined],
      ['timeout', 20, 'queue'],
    ]);
  });

  it('connecting says so', async () => {
    // Resolves for ever.
    const request = http.get({ host: 'slow.test', port: 80, lookup: () => {}, signal: AbortSignal.timeout(20) });
    await expect(bodyOf(request)).rejects.toThrow(Error);
    expect(timeOut((await recorded.until(1))[0]!)).toEqual(['timeout', 20, 'dns']);
  });
});

describe('phases', () => {
  const phases = ({ attributes }: ReceivedSpan): string[] =>
    Object.keys(attributes)
      // Below 1 ms these are left out.
      .filter((name) => /^http\.(?:phase\.(?!queue|download)|connection\.)/.test(name))
      .map((name) => name.replace(/^http\.(?:phase\.)?|_ms$/g, ''));

  it('of a new connection by name, encrypted, and of the same connection again', async () => {
    const port = await listen(https.createServer(CERTIFICATE, (_request, response) => response.end('hi')));
    recorded.clear();
    const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
    for (let i = 0; i < 2; i++) await buffer(await responseOf(https.get({ host: 'localhost', port, agent })));
    agent.destroy();
    const spans = (await recorded.until(4)).filter(({ kind }) => kind === 'CLIENT');
    expect(phases(spans[0]!)).toEqual(['dns', 'connect', 'tls', 'ttfb']);
    expect(phases(spans[1]!)).toEqual(['connection.reused', 'ttfb']);
    expect(spans[1]!.attributes['http.connection.reused']).toBe(true);
  });

  it('add up to the call', async () => {
    const port = await answering((socket) => setTimeout(() => socket.write(OK), 20));
    await bodyOf(http.get({ port, host: '127.0.0.1', agent: false }));
    const [span] = await recorded.until(1);
    const sum = Object.entries(span!.attributes)
      .filter(([name]) => name.startsWith('http.phase.'))
      .reduce((total, [, ms]) => total + (ms as number), 0);
    expect(sum).toBeGreaterThan(19);
    // What lies between the last event of a call and the end of its span is no phase.
    expect(sum).toBeLessThanOrEqual(span!.durationMs + 1);
  });

  it('of a wait for a socket', async () => {
    shows('http', ['wait'], process.versions.node);
    const port = await answering((socket) => setTimeout(() => socket.write(OK), 20));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await Promise.all([bodyOf(http.get({ port, agent })), bodyOf(http.get({ port, agent }))]);
    agent.destroy();
    const [, waited] = await recorded.until(2);
    expect(waited!.attributes['http.phase.queue_ms']).toBeGreaterThan(19);
    expect(waited!.attributes['http.connection.reused']).toBe(true);
  });

  it('are measured', async () => {
    const metrics = await recorded.metrics();
    expect(metrics.filter(({ name }) => name.startsWith('http.client.')).map(({ name, unit }) => [name, unit])).toEqual(
      [
        ['http.client.request.duration', 's'],
        ['http.client.dns.duration', 's'],
        ['http.client.connect.duration', 's'],
        ['http.client.tls.duration', 's'],
      ],
    );
  });
});

it('leaves suppressed calls alone', async () => {
  const port = await answering(mirror);
  const head = await context.with(suppressed(context.active()), () => bodyOf(http.get({ port })));
  expect(headersIn(head)).toEqual({ host: `localhost:${port}`, connection: 'keep-alive' });
  expect(recorded.spans()).toEqual([]);
});

it('changes nothing the application can see', async () => {
  const port = await answering((socket) => socket.write(OK));
  const look = async (): Promise<unknown> => {
    const request = http.get({ port, agent: false });
    const names = [request.eventNames(), Object.keys(request).sort()];
    const response = await responseOf(request);
    const seen = [names, response.eventNames(), Object.keys(response).sort(), await text(response)];
    return seen;
  };
  const traced = await look();
  recorded.disable();
  try {
    expect(await look()).toEqual(traced);
    expect(
      ['emit', '_storeHeader', 'destroy'].map((name) => Object.hasOwn(http.ClientRequest.prototype, name)),
    ).toEqual([false, false, true]);
  } finally {
    recorded.enable();
  }
});
