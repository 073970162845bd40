import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { suppressed } from '@foreshock/kit';
import { TraceStateList } from '@foreshock/propagator';
import type { ReceivedSpan } from '@foreshock/testkit';
import type { Recording } from './recording.ts';
import { listen } from './wire.ts';

export interface CallOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  text(): Promise<string>;
  body: AsyncIterable<unknown> | null;
}

export type Call = (url: string, options?: CallOptions) => Promise<Answer>;

/** Closed after each test. */
export const sockets = new Set<net.Socket>();

/** A server that answers each head with a function; resolves with its origin. Not `node:http`, so all spans are CLIENT. */
export async function answering(answer: (socket: net.Socket, head: string) => void): Promise<string> {
  const port = await listen(
    net.createServer((socket) => {
      sockets.add(socket.setEncoding('latin1').on('error', () => {}));
      let head = '';
      socket.on('data', (chunk) => {
        head += chunk;
        if (!head.includes('\r\n\r\n')) return;
        answer(socket, head);
        head = '';
      });
    }),
  );
  return `http://127.0.0.1:${port}`;
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

/** Says the request's head back as the body. */
export function mirror(socket: net.Socket, head: string): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${head.length}\r\n\r\n${head}`);
}

export function headersIn(head: string): Record<string, string> {
  return Object.fromEntries(
    [...head.matchAll(/^([\w-]+): (.*)\r$/gm)].map(([, name, value]) => [name!.toLowerCase(), value!]),
  );
}

export function outcome({ attributes, status }: ReceivedSpan): object {
  return { status: attributes['http.response.status_code'], type: attributes['error.type'], code: status.code };
}

/** What holds for every client that speaks through undici's channels. */
export function describeClient(name: string, call: Call, recorded: Recording): void {
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  describe(`${name}`, () => {
    it('describes a call and carries its trace', async () => {
      const origin = await answering(mirror);
      const head = await recorded.inSpan('caller', async () =>
        (await call(`${origin}/a?b=c&sig=d`, { headers: { 'User-Agent': 'test/1' } })).text(),
      );
      const [span, caller] = await recorded.until(2);
      const port = Number(origin.split(':')[2]);
      expect(span).toMatchObject({
        traceId: caller!.traceId,
        parentSpanId: caller!.spanId,
        name: 'GET',
        kind: 'CLIENT',
        status: { code: 'UNSET' },
        scope: '@foreshock/instrumentation-http',
      });
      const { 'http.phase.queue_ms': _queue, 'http.phase.download_ms': _download, ...attributes } = span!.attributes;
      expect(attributes).toEqual({
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.full': `${origin}/a?b=c&sig=REDACTED`,
        'server.address': '127.0.0.1',
        'server.port': port,
        'http.phase.connect_ms': expect.any(Number),
        'http.phase.ttfb_ms': expect.any(Number),
      });
      expect(headersIn(head)).toMatchObject({
        'user-agent': 'test/1',
        traceparent: `00-${span!.traceId}-${span!.spanId}-03`,
        'x-trace-id': span!.traceId,
      });
      expect(head.match(/traceparent|x-trace-id/gi)).toHaveLength(2);
    });

    it('says of the next call that its connection is reused', async () => {
      const origin = await answering((socket) => socket.write(OK));
      expect(await (await call(origin)).text()).toBe('hello');
      // Undici frees the connection in a turn of its own.
      await immediate();
      await immediate();
      expect(await (await call(origin)).text()).toBe('hello');
      const [, again] = await recorded.until(2);
      expect(again!.attributes['http.connection.reused']).toBe(true);
      expect(again!.attributes).not.toHaveProperty('http.phase.connect_ms');
    });

    it("leaves the application's own trace, and sends nothing beside it", async () => {
      const origin = await answering(mirror);
      const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
      const state = TraceStateList.parse('a=1')!;
      const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, traceState: state };
      const head = await context.with(trace.setSpanContext(ROOT_CONTEXT, parent), async () =>
        (await call(origin, { headers: { TraceParent: own } })).text(),
      );
      expect(headersIn(head)['traceparent']).toBe(own);
      expect(head.match(/traceparent|tracestate|x-trace-id|baggage/gi)).toEqual(['TraceParent']);
    });

    it('ends with an error for 4xx and 5xx', async () => {
      const origin = await answering((socket, head) =>
        socket.write(`HTTP/1.1 ${head.slice(5, 8)} No\r\nContent-Length: 0\r\n\r\n`),
      );
      for (const status of [404, 503]) await (await call(`${origin}/${status}`)).text();
      expect((await recorded.until(2)).map(outcome)).toEqual([
        { status: 404, type: '404', code: 'ERROR' },
        { status: 503, type: '503', code: 'ERROR' },
      ]);
    });

    it('ends when the body has come, although it stays unread', async () => {
      const origin = await answering((socket) => socket.write(OK));
      const answer = await call(origin);
      expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 200, type: undefined, code: 'UNSET' }]);
      expect(await answer.text()).toBe('hello');
    });

    it('ends without an error when the application has read enough', async () => {
      const origin = await answering((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello'));
      const { body } = await call(origin);
      for await (const _chunk of body ?? []) break;
      const [span] = await recorded.until(1);
      expect(outcome(span!)).toEqual({ status: 200, type: undefined, code: 'UNSET' });
    });

    it('ends a call that has failed soon, although its body stays unread', async () => {
      const origin = await answering((socket) =>
        socket.write(`HTTP/1.1 503 No\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(200_000)}`),
      );
      const kept = await call(origin);
      expect((await recorded.until(1)).map(outcome)).toEqual([{ status: 503, type: '503', code: 'ERROR' }]);
      for (const socket of sockets) socket.destroy();
      await expect(kept.text()).rejects.toThrow(Error);
    });

    it('is not answered by what comes before the response', async () => {
      const origin = await answering((socket) => {
        socket.end('HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n');
      });
      await expect(call(origin)).rejects.toThrow(Error);
      expect((await recorded.until(1)).map(outcome)).toEqual([
        { status: undefined, type: 'UND_ERR_SOCKET', code: 'ERROR' },
      ]);
    });

    it('ends when the connection is refused or closed without an answer', async () => {
      const free = net.createServer().listen(0, '127.0.0.1');
      await once(free, 'listening');
      const { port } = free.address() as net.AddressInfo;
      free.close();
      const closing = await answering((socket) => socket.end());
      await expect(call(`http://127.0.0.1:${port}/`)).rejects.toThrow(Error);
      await expect(call(closing, { method: 'POST', body: 'x' })).rejects.toThrow(Error);
      expect((await recorded.until(2)).map(outcome)).toEqual([
        { status: undefined, type: 'ECONNREFUSED', code: 'ERROR' },
        { status: undefined, type: 'UND_ERR_SOCKET', code: 'ERROR' },
      ]);
    });

    it('distinguishes a time-out from a cancellation', async () => {
      const cancelling = new AbortController();
      const origin = await answering((_socket, head) => {
        if (head.startsWith('GET /cancel')) setImmediate(() => cancelling.abort());
      });
      /** Timer and call by one callback, as an application has them. */
      const abortedBy = async (path: string, signal: () => AbortSignal): Promise<void> => {
        const made = await new Promise<{ result: unknown }>((resolve) =>
          setImmediate(() => resolve({ result: call(`${origin}${path}`, { signal: signal() }) })),
        );
        await expect(made.result).rejects.toThrow(Error);
      };
      await abortedBy('/timeout', () => AbortSignal.timeout(201));
      await abortedBy('/abort', () => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 202);
        return controller.signal;
      });
      await abortedBy('/cancel', () => cancelling.signal);
      await abortedBy('/interval', () => {
        const controller = new AbortController();
        const interval = setInterval(() => (controller.abort(), clearInterval(interval)), 20);
        return controller.signal;
      });
      // Latest wins: the timer is there for the next call.
      await abortedBy('/debounced', () => {
        const controller = new AbortController();
        queueMicrotask(() => setTimeout(() => controller.abort(), 20));
        return controller.signal;
      });
      const spans = await recorded.until(5);
      expect(
        spans.map(({ attributes }) => [
          attributes['error.type'],
          attributes['http.timeout_ms'],
          attributes['http.timeout_phase'],
        ]),
      ).toEqual([
        ['timeout', 201, 'ttfb'],
        ['timeout', 202, 'ttfb'],
        [undefined, undefined, undefined],
        [undefined, undefined, undefined],
        [undefined, undefined, undefined],
      ]);
      for (const span of spans.slice(2)) {
        expect(span).toMatchObject({ status: { code: 'UNSET' }, attributes: { 'http.request.cancelled': true } });
      }
    });

    it('leaves no span open for a signal that was aborted before', async () => {
      const origin = await answering(() => {});
      await expect(call(origin, { signal: AbortSignal.abort() })).rejects.toThrow(Error);
      await immediate();
      for (const span of recorded.spans()) expect(span.status.code).toBe('UNSET');
    });

    it('leaves suppressed calls alone', async () => {
      const origin = await answering(mirror);
      const head = await context.with(suppressed(context.active()), async () => (await call(origin)).text());
      expect(headersIn(head)).not.toHaveProperty('traceparent');
      expect(recorded.spans()).toEqual([]);
    });
  });
}

/** What `fetch` has and `request` has not: it fails for its caller at once. */
export function describeFetch(
  name: string,
  fetch: (url: string, options?: object) => Promise<{ text(): Promise<string> }>,
  recorded: Recording,
): void {
  describe(`${name}, not yet connected`, () => {
    it.each<[string, () => unknown, unknown[]]>([
      ['a time-out', () => new DOMException('too late', 'TimeoutError'), ['timeout', 'tls', undefined]],
      ['a cancellation', () => undefined, [undefined, undefined, true]],
    ])('aborted while its connection is being opened ends at once, as %s', async (_, reason, expected) => {
      const hello = new AbortController();
      const port = await listen(
        net.createServer((socket) => socket.on('error', () => {}).once('data', () => hello.abort(reason()))),
      );
      await expect(fetch(`https://127.0.0.1:${port}/`, { signal: hello.signal })).rejects.toThrow(/abort|too late/);
      const [span] = await recorded.until(1);
      expect([
        span!.attributes['error.type'],
        span!.attributes['http.timeout_phase'],
        span!.attributes['http.request.cancelled'],
      ]).toEqual(expected);
    });

    it('connections that are opened at once have each its own phases', async () => {
      const waiting: net.Socket[] = [];
      const origin = await answering((socket) => {
        if (waiting.push(socket) === 5) for (const each of waiting) each.write(OK);
      });
      const url = origin.replace('127.0.0.1', 'localhost');
      await Promise.all(Array.from({ length: 5 }, async () => (await fetch(url)).text()));
      for (const { attributes } of await recorded.until(5)) {
        expect(attributes).toMatchObject({
          'http.phase.dns_ms': expect.any(Number),
          'http.phase.connect_ms': expect.any(Number),
        });
        expect(attributes).not.toHaveProperty('http.connection.reused');
      }
    });
  });
}
