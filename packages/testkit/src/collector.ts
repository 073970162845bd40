import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { decodeRequest, isOtlpPath, type Encoding, type Payload } from './otlp.ts';
import { describeSpans, withoutRepeatedPeer, type ReceivedMetric, type ReceivedSpan } from './received-span.ts';

/** Also if refused. */
export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** As sent, possibly compressed. */
  body: Buffer;
  /** Undefined: not decoded or incomplete. */
  payload: Payload | undefined;
  /** Answered with 400. */
  error: Error | undefined;
  /** 0: connection destroyed or hanging. */
  status: number;
  /** `Date.now()`, complete. */
  at: number;
}

export interface Misbehaviour {
  /** Default 200. Outside 2xx, `spans` lacks them. */
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Never answers. */
  hang?: boolean;
  destroy?: boolean;
}

export interface CollectorOptions {
  /** Default: a free one. */
  port?: number;
  /** HTTPS, by `node:tls` options. */
  tls?: TlsOptions;
  /** Keeps blocks' and pauses' attributes, which a busy machine adds anywhere. */
  hasPauses?: boolean;
  /** Keeps each `peer.service`, which repeats other attributes. */
  hasPeers?: boolean;
}

const PAUSES = ['event_loop.blocked_ms', 'event_loop.blocked_before_ms', 'gc.pause_ms'];

/** Receives OTLP/HTTP (protobuf, JSON, gzip) and Zipkin v2 JSON. */
export interface Collector {
  /** `http://127.0.0.1:PORT`, for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly port: number;
  /** Accepted, by arrival. */
  readonly spans: ReceivedSpan[];
  readonly metrics: ReceivedMetric[];
  readonly logs: unknown[];
  /** From `/api/v2/spans`, as sent. */
  readonly zipkinSpans: any[];
  readonly requests: ReceivedRequest[];
  /** Decoding errors. */
  readonly errors: Error[];
  /**
   * @param enough a number means "at least"
   * @throws after `timeoutMs` (default 10 s), with what arrived
   */
  waitForSpans(
    enough: number | ((spans: ReceivedSpan[]) => boolean),
    options?: { timeoutMs?: number },
  ): Promise<ReceivedSpan[]>;
  waitFor(enough: (collector: Collector) => boolean, options?: { timeoutMs?: number }): Promise<void>;
  /** From now on, or per request; undefined resets. */
  respond(how: Misbehaviour | ((request: ReceivedRequest) => Misbehaviour | undefined) | undefined): void;
  /** Responses stay. */
  clear(): void;
  close(): Promise<void>;
}

/** Starts a {@link Collector} on 127.0.0.1. */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const logs: unknown[] = [];
  const zipkinSpans: any[] = [];
  const requests: ReceivedRequest[] = [];
  const errors: Error[] = [];
  const waiting = new Set<() => void>();
  let behaviour: Parameters<Collector['respond']>[0];

  async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    let broken = false;
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      broken = true;
    }
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: (incoming.url ?? '').split('?')[0]!,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
      payload: undefined,
      error: undefined,
      status: 0,
      at: Date.now(),
    };
    requests.push(request);
    if (!broken) answer(request, response);
    for (const check of waiting) check();
  }

  function answer(request: ReceivedRequest, response: ServerResponse): void {
    let zipkin: any[] = [];
    try {
      const decoded = decode(request);
      if (Array.isArray(decoded)) zipkin = decoded;
      else request.payload = decoded;
    } catch (error) {
      request.error = error as Error;
      errors.push(request.error);
    }
    const wanted = typeof behaviour === 'function' ? behaviour(request) : behaviour;
    if (wanted?.hang) return;
    if (wanted?.destroy) return void response.socket?.destroy();

    const zipkinPath = request.path === '/api/v2/spans';
    const status = wanted?.status ?? (request.error ? statusOfError(request) : zipkinPath ? 202 : 200);
    request.status = status;
    if (status >= 200 && status < 300) {
      const received = request.payload?.spans ?? [];
      if (!options.hasPauses) for (const span of received) for (const name of PAUSES) delete span.attributes[name];
      if (!options.hasPeers) for (const { attributes } of received) withoutRepeatedPeer(attributes);
      spans.push(...received);
      metrics.push(...(request.payload?.metrics ?? []));
      logs.push(...(request.payload?.logs ?? []));
      zipkinSpans.push(...zipkin);
    }
    const json = encodingOf(request) === 'json';
    // An empty message: no bytes in protobuf, `{}` in JSON.
    const body = wanted?.body ?? (request.error ? request.error.message : json && !zipkinPath ? '{}' : '');
    response.writeHead(status, {
      'content-type': request.error ? 'text/plain' : json ? 'application/json' : 'application/x-protobuf',
      ...wanted?.headers,
    });
    response.end(body);
  }

  const listener = (incoming: IncomingMessage, response: ServerResponse): void => void receive(incoming, response);
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const collector: Collector = {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    spans,
    metrics,
    logs,
    zipkinSpans,
    requests,
    errors,
    async waitForSpans(enough, { timeoutMs = 10_000 } = {}) {
      const isEnough = typeof enough === 'number' ? () => spans.length >= enough : () => enough(spans);
      await wait(isEnough, timeoutMs);
      return [...spans];
    },
    waitFor(enough, { timeoutMs = 10_000 } = {}) {
      return wait(() => enough(collector), timeoutMs);
    },
    respond(how) {
      behaviour = how;
    },
    clear() {
      for (const list of [spans, metrics, logs, zipkinSpans, requests, errors]) list.length = 0;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  async function wait(isEnough: () => boolean, timeoutMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = (): void => {
      try {
        if (isEnough()) resolve();
      } catch (error) {
        reject(error as Error);
      }
    };
    waiting.add(check);
    const timer = setTimeout(() => reject(new Error(whatArrived(collector, timeoutMs))), timeoutMs);
    check();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(check);
    }
  }

  return collector;
}

function decode(request: ReceivedRequest): Payload | any[] {
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body;
  if (request.path === '/api/v2/spans') {
    const spans: unknown = JSON.parse(body.toString('utf8'));
    if (!Array.isArray(spans)) throw new Error('a Zipkin body is a list of spans');
    return spans;
  }
  if (request.method !== 'POST' || !isOtlpPath(request.path))
    throw new Error(`nothing at ${request.method} ${request.path}`);
  const encoding = encodingOf(request);
  if (!encoding) throw new Error(`content type is ${request.headers['content-type'] ?? 'missing'}`);
  return decodeRequest(request.path, body, encoding);
}

function encodingOf({ headers }: ReceivedRequest): Encoding | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim();
  return type === 'application/x-protobuf' ? 'protobuf' : type === 'application/json' ? 'json' : undefined;
}

function statusOfError(request: ReceivedRequest): number {
  if (request.path !== '/api/v2/spans' && !isOtlpPath(request.path)) return 404;
  return request.method === 'POST' ? 400 : 405;
}

function whatArrived({ spans, errors, requests }: Collector, timeoutMs: number): string {
  const refused = errors.length ? `\nrefused:\n${errors.map((error) => `  ${error.message}`).join('\n')}` : '';
  const answers = requests.map((request) => `${request.path} ${request.status}`).join(', ') || 'none';
  return `not enough after ${timeoutMs} ms; requests: ${answers}; spans:\n${describeSpans(spans)}${refused}`;
}
