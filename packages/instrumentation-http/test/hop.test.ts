import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { MessageChannel } from 'node:worker_threads';
import fastifyProxy from '@fastify/http-proxy';
import { propagation } from '@opentelemetry/api';
import { ForeshockPropagator, type PropagatorOptions } from '@foreshock/propagator';
// @ts-expect-error It has no types.
import express from 'express';
import fastify from 'fastify';
// @ts-expect-error It has no types.
import httpProxy from 'http-proxy';
import { createProxyMiddleware } from 'http-proxy-middleware';
import * as undici from 'undici';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CERTIFICATE } from './certificate.ts';
import { record } from './recording.ts';
import { connect, listen } from './wire.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;
const CAME_IN = {
  traceparent: TRACEPARENT,
  tracestate: 'a=1, b=2',
  baggage: 'who=me',
  'x-trace-id': 'order-4711',
  b3: `${TRACE}-${CALLER}-1`,
  'x-b3-traceid': TRACE,
  'x-b3-spanid': CALLER,
};
const NAMES = Object.keys(CAME_IN);

let recorded = record();
afterEach(() => recorded.clear());
afterAll(() => recorded.stop());
const speak = (options: PropagatorOptions): void => {
  propagation.disable();
  propagation.setGlobalPropagator(new ForeshockPropagator(options));
};
beforeEach(() => speak({}));

type Gateway = (target: string) => Server | Promise<Server>;
const served = (handler: RequestListener): Server => http.createServer(handler);
const answerOf = async (request: http.ClientRequest): Promise<string> =>
  text(((await once(request, 'response')) as [IncomingMessage])[0]);
const linesOf = (rawHeaders: readonly string[]): [string, string][] =>
  Array.from({ length: rawHeaders.length / 2 }, (_, i) => [rawHeaders[2 * i]!, rawHeaders[2 * i + 1]!]);
/** The headers of a request but those of its connection. */
const copyOf = (request: IncomingMessage): [string, string][] =>
  linesOf(request.rawHeaders).filter(([name]) => !/^(?:host|connection|content-length)$/i.test(name));

/** Each is what applications do to ask another service what they were asked. */
const gateways: [string, Gateway][] = [
  [
    'http-proxy',
    (target) => served((request, response) => httpProxy.createProxyServer({ target }).web(request, response)),
  ],
  ['http-proxy-middleware', (target) => served(express().use(createProxyMiddleware({ target })) as RequestListener)],
  [
    '@fastify/http-proxy',
    async (target) => {
      const app = fastify();
      await app.register(fastifyProxy as never, { upstream: target } as never);
      await app.ready();
      onTestFinished(() => app.close());
      return app.server;
    },
  ],
  [
    'fetch',
    (target) =>
      served(async (request, response) => {
        const { host: _host, connection: _connection, ...headers } = request.headers;
        response.end(await (await fetch(target, { headers: headers as Record<string, string> })).text());
      }),
  ],
  [
    'fetch of Headers, later',
    (target) =>
      served(async (request, response) => {
        const headers = new Headers(copyOf(request));
        await new Promise((resolve) => setImmediate(resolve));
        response.end(await (await fetch(new Request(target, { headers }))).text());
      }),
  ],
  [
    'undici.request with an array',
    (target) =>
      served(async (request, response) => {
        const { body } = await undici.request(target, { headers: copyOf(request).flat() });
        response.end(await body.text());
      }),
  ],
  [
    'undici.stream',
    (target) =>
      served((request, response) => {
        const headers = Object.fromEntries(copyOf(request).map(([name, value]) => [name.toUpperCase(), value]));
        void undici.stream(target, { method: 'GET', headers }, () => response);
      }),
  ],
  [
    'undici.pipeline',
    (target) =>
      served((request, response) => {
        const headers = Object.fromEntries(copyOf(request));
        void pipeline(
          request,
          undici.pipeline(target, { method: 'GET', headers }, ({ body }) => body),
          response,
        );
      }),
  ],
  [
    'node:http with an object',
    (target) =>
      served(async (request, response) => {
        const { host: _host, ...headers } = request.headers;
        response.end(await answerOf(http.get(target, { headers })));
      }),
  ],
  [
    'node:http with an array',
    (target) =>
      served(async (request, response) => {
        const headers = ['Host', 'backend', ...copyOf(request).flat()];
        response.end(await answerOf(http.get(target, { headers })));
      }),
  ],
  [
    'node:http with lists, header by header',
    (target) =>
      served(async (request, response) => {
        const call = http.request(target);
        for (const [name, value] of copyOf(request)) call.setHeader(name.toUpperCase(), [value]);
        response.end(await answerOf(call.end()));
      }),
  ],
  [
    'node:https, for a request that came encrypted',
    (target) =>
      https.createServer(CERTIFICATE, async (request, response) => {
        const { host: _host, ...headers } = request.headers;
        response.end(await answerOf(http.get(target, { headers })));
      }),
  ],
];

/** What a backend gets when this request goes through a gateway, and the span of the gateway's call. */
async function through(gateway: Gateway, cameIn: Record<string, string>) {
  const backend = await listen(
    http.createServer((request, response) => response.end(JSON.stringify(linesOf(request.rawHeaders)))),
  );
  const server = await gateway(`http://127.0.0.1:${backend}`);
  const port = await listen(server);
  const lines = Object.entries(cameIn).map(([name, value]) => `${name}: ${value}`);
  let answer: string;
  if (server instanceof https.Server) {
    // The test's own call is none of the gateway's: nothing of ours goes with it.
    recorded.disable();
    const asked = https.get({ port, headers: { ...cameIn }, rejectUnauthorized: false, agent: false });
    recorded.enable();
    answer = await answerOf(asked);
  } else {
    const wire = await connect(port);
    wire.send('GET / HTTP/1.1', 'Host: gateway', 'Connection: close', ...lines, '', '');
    const response = await wire.until((received) => received.includes(']]'));
    expect(response).toMatch(/^HTTP\/1\.1 200 /);
    answer = response.slice(response.indexOf('[['), response.lastIndexOf(']]') + 2);
  }
  const got: Record<string, string[]> = {};
  for (const [name, value] of JSON.parse(answer) as [string, string][]) (got[name.toLowerCase()] ??= []).push(value);
  const spans = await recorded.until(3);
  const call = spans.find(({ kind }) => kind === 'CLIENT')!;
  return { got, call, servers: spans.filter(({ kind }) => kind === 'SERVER') };
}

describe.each(gateways)('a gateway by %s', (_, gateway) => {
  it('replaces what it has copied of its caller’s trace', async () => {
    const { got, call, servers } = await through(gateway, CAME_IN);
    const trace = Object.fromEntries(NAMES.filter((name) => got[name]).map((name) => [name, got[name]]));
    expect(trace).toEqual({
      traceparent: [`00-${TRACE}-${call.spanId}-01`],
      tracestate: ['a=1,b=2'],
      baggage: ['who=me'],
      'x-trace-id': ['order-4711'],
    });
    expect(servers.map(({ parentSpanId }) => parentSpanId).sort()).toEqual([CALLER, call.spanId].sort());
  });

  it('passes nothing of an unknown caller on where none is trusted', async () => {
    recorded.stop();
    recorded = record({ trustIncoming: false });
    speak({ trustIncoming: false });
    try {
      const { got, call } = await through(gateway, CAME_IN);
      const trace = Object.fromEntries(NAMES.filter((name) => got[name]).map((name) => [name, got[name]]));
      expect(trace).toEqual({
        traceparent: [`00-${call.traceId}-${call.spanId}-03`],
        'x-trace-id': [call.traceId],
      });
      expect(call.traceId).not.toBe(TRACE);
    } finally {
      recorded.stop();
      recorded = record();
    }
  });
});

it('a gateway that trusts none passes nothing of an unknown caller on from a queue either', async () => {
  recorded.stop();
  recorded = record({ trustIncoming: false });
  speak({ trustIncoming: false });
  try {
    const { port1: queue, port2: worker } = new MessageChannel();
    const waiting: (() => void)[] = [];
    // In no request.
    worker.on('message', () => waiting.shift()!());
    const later: Gateway = (target) =>
      served(async ({ headers: { host: _host, connection: _connection, ...headers } }, response) => {
        waiting.push(async () => response.end(await answerOf(http.get(target, { headers }))));
        queue.postMessage(0);
      });
    const { got } = await through(later, CAME_IN);
    worker.close();
    expect(got['traceparent']![0]).not.toContain(TRACE);
    expect(NAMES.filter((name) => got[name]).sort()).toEqual(['traceparent', 'x-trace-id']);
    expect(got['x-trace-id']).not.toEqual(['order-4711']);
  } finally {
    recorded.stop();
    recorded = record();
  }
});

/** A gateway that adds to, or leaves out of, what it copies. */
const editing = (edit: (headers: Record<string, string | undefined>) => Record<string, string | undefined>): Gateway =>
  gatewayOf(({ host: _host, connection: _connection, ...headers }) => edit(headers as never));
const gatewayOf = (headersOf: (headers: http.IncomingHttpHeaders) => Record<string, string | undefined>): Gateway => {
  return (target) =>
    served(async (request, response) => {
      response.end(await answerOf(http.get(target, { headers: headersOf(request.headers) })));
    });
};

describe('a gateway', () => {
  it('that copies a part of it has that replaced, and gets the rest', async () => {
    for (const kept of [['traceparent'], ['tracestate', 'baggage'], ['x-trace-id']]) {
      recorded.clear();
      const gateway = editing((headers) => Object.fromEntries(kept.map((name) => [name, headers[name]])));
      const { got, call } = await through(gateway, CAME_IN);
      expect(got).toMatchObject({
        traceparent: [`00-${TRACE}-${call.spanId}-01`],
        tracestate: ['a=1,b=2'],
        baggage: ['who=me'],
        'x-trace-id': ['order-4711'],
      });
    }
  });

  it('that makes a trace of its own has that sent, and nothing beside it', async () => {
    const own = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
    for (const others of [{}, { tracestate: 'own=1' }]) {
      recorded.clear();
      const { got } = await through(
        editing(() => ({ traceparent: own, ...others })),
        CAME_IN,
      );
      const sent = Object.fromEntries(NAMES.filter((name) => got[name]).map((name) => [name, got[name]![0]]));
      expect(sent).toEqual({ traceparent: own, ...others });
    }
  });

  it('that has changed what it was sent has set that itself', async () => {
    const own = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
    const gateway: Gateway = (target) =>
      served(async (request, response) => {
        request.headers['traceparent'] = own;
        const { host: _host, ...headers } = request.headers;
        response.end(await answerOf(http.get(target, { headers })));
      });
    const { got } = await through(gateway, { traceparent: TRACEPARENT });
    expect(got['traceparent']).toEqual([own]);
  });

  it('keeps an x-trace-id, a baggage of its own beside our trace', async () => {
    const { got, call } = await through(
      editing(() => ({ 'x-trace-id': 'mine', baggage: 'mine=1' })),
      CAME_IN,
    );
    expect(got).toMatchObject({
      traceparent: [`00-${TRACE}-${call.spanId}-01`],
      'x-trace-id': ['mine'],
      baggage: ['mine=1'],
    });
  });

  it('sends B3 of its own call where B3 is spoken', async () => {
    speak({ propagators: ['b3', 'b3multi'] });
    const { got, call } = await through(
      editing((headers) => headers),
      { b3: CAME_IN.b3, 'x-b3-parentspanid': 'e'.repeat(16) },
    );
    expect(got).toMatchObject({ b3: [`${TRACE}-${call.spanId}-1`], 'x-b3-spanid': [call.spanId] });
    expect(got).not.toHaveProperty('x-b3-parentspanid');
  });

  it('passes on unknown formats', async () => {
    const { got } = await through(
      editing((headers) => headers),
      { b3: CAME_IN.b3 },
    );
    expect(got['b3']).toEqual([CAME_IN.b3]);
    speak({ propagators: [] });
    recorded.clear();
    const silent = await through(
      editing((headers) => headers),
      CAME_IN,
    );
    expect(silent.got['traceparent']).toEqual([TRACEPARENT]);
  });

  it('sends a host that may not have our headers none of its caller’s', async () => {
    recorded.stop();
    recorded = record({ propagateTo: () => false });
    try {
      const { got } = await through(
        editing((headers) => headers),
        CAME_IN,
      );
      expect(NAMES.filter((name) => got[name])).toEqual([]);
    } finally {
      recorded.stop();
      recorded = record();
    }
  });

  it('of a request sent on from a queue, in no request, has made what it sends', async () => {
    const backend = await listen(
      http.createServer((request, response) => response.end(request.headers['traceparent'])),
    );
    const answer = await answerOf(http.get({ port: backend, headers: { traceparent: TRACEPARENT } }));
    expect(answer).toBe(TRACEPARENT);
    await recorded.until(2);
  });
});
