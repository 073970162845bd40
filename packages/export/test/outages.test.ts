import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { startCollector } from '@foreshock/testkit';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { FinishedSpan } from '../src/finished-span.ts';
import { blankSpan } from '../src/own-span.ts';
import { SpanPipeline } from '../src/index.ts';

const SPOOL_BYTES = 256 * 1024;
/** More than the spool holds. */
const SPANS = 3_000;

let lines: string[];
beforeEach(() => {
  lines = [];
  const log = (line: string): void => void lines.push(line);
  diag.setLogger(
    { error: log, warn: log, info: log, debug: log, verbose: log },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  lines = [];
});
afterEach(() => diag.disable());

const pem = (name: string): string => readFileSync(new URL(`./fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
const tlsOf = (name: string) => ({ cert: pem(name), key: pem(`${name}-key`) });

interface Outage {
  /** Undefined: nothing listens. */
  readonly server?: () => Server;
  readonly cause: RegExp;
  readonly tls?: boolean;
  /** It never answers. */
  readonly silent?: boolean;
}

const OUTAGES: Record<string, Outage> = {
  absent: { cause: /ECONNREFUSED/ },
  'closing each connection': {
    server: () => createServer((socket) => socket.destroy()),
    cause: /ECONNRESET|EPIPE|socket hang up/,
  },
  hanging: { server: () => createServer((socket) => socket.resume()), cause: /no answer within 300 ms/, silent: true },
  'slow to answer': {
    server: () =>
      createHttpServer((_, response) => {
        response.writeHead(200, { 'content-length': 1_000 });
        const more = setInterval(() => response.write('.'), 100);
        response.on('close', () => clearInterval(more));
      }),
    cause: /no answer within 300 ms/,
    silent: true,
  },
  'answering 429 with Retry-After': {
    server: () => createHttpServer((_, response) => response.writeHead(429, { 'retry-after': '1' }).end()),
    cause: /HTTP 429/,
  },
  'TLS: expired': { server: () => createTlsServer(tlsOf('expired')), cause: /CERT_HAS_EXPIRED/, tls: true },
  'TLS: no handshake': {
    server: () => createServer((socket) => socket.resume()),
    cause: /no answer within 300 ms/,
    tls: true,
    silent: true,
  },
  'TLS: a server that speaks none': {
    server: () => createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    cause: /EPROTO|SSL|ECONNRESET/,
    tls: true,
  },
};

async function listen(server: Server, port = 0): Promise<number> {
  server.on('tlsClientError', () => {}).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function span(index: number): FinishedSpan {
  return {
    ...blankSpan(`s${index}`, 1_000, 2_000),
    spanContext: () => ({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: String(index + 1).padStart(16, '0'),
      traceFlags: 1,
    }),
    attributes: { text: 'x'.repeat(200) },
    instrumentationScope: { name: 'test' },
  };
}

it.each(Object.entries(OUTAGES))(
  'a backend %s: what fits waits, arrives once when it is back, and the rest is counted',
  { timeout: 60_000 },
  async (_, { server: make, cause, tls = false, silent = false }) => {
    const sockets = new Set<Socket>();
    const server = make?.() ?? createServer();
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
    const port = await listen(server);
    const stop = async (): Promise<void> => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    if (!make) await stop();
    onTestFinished(stop);
    const pipeline = new SpanPipeline({
      resource: { 'service.name': 'orders' },
      destinations: [
        {
          kind: 'otlp',
          url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/v1/traces`,
          timeoutMs: silent ? 300 : 20_000,
          ...(tls && { ca: pem('ca') + pem('expired') }),
        },
      ],
      spoolBytes: SPOOL_BYTES,
      batch: { scheduleDelayMs: 5, maxExportBatchSize: 100 },
      backoff: { firstMs: 20, maxMs: 100 },
    });
    onTestFinished(() => pipeline.link.close());
    for (let i = 0; i < SPANS; i++) pipeline.onEnd(span(i));
    while (!lines.some((line) => line.includes('cannot be reached'))) await new Promise((go) => setTimeout(go, 10));
    expect(lines.find((line) => line.includes('cannot be reached'))).toMatch(cause);
    const dropped = pipeline.dropped.get('spool_full')!;
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(SPANS);

    await stop();
    const at = await startCollector({ port, ...(tls && { tls: tlsOf('server') }) });
    onTestFinished(() => at.close());
    await at.waitForSpans(SPANS - dropped, { timeoutMs: 50_000 });
    const arrived = at.spans.map(({ name }) => Number(name.slice(1))).toSorted((one, other) => one - other);
    expect(arrived).toEqual(Array.from({ length: SPANS - dropped }, (_each, i) => i));
    expect([...pipeline.dropped]).toEqual([['spool_full', dropped]]);
  },
);
