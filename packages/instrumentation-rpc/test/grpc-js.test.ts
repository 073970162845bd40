import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { context, propagation, trace } from '@opentelemetry/api';
import { suppressed, withXTraceId } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import {
  freePort,
  installed,
  recordSpans,
  shows,
  testedVersions,
  type Installed,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { rpcInstrumentation } from '@foreshock/instrumentation-rpc';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATE } from '../../instrumentation-http/test/certificate.ts';
import { GET_ORDER } from './get-order.ts';

propagation.setGlobalPropagator(new ForeshockPropagator());
const recorded = recordSpans(rpcInstrumentation());
afterAll(() => recorded.stop());
afterEach(() => recorded.clear());

/** Resolves once so many spans of calls have ended. */
async function ended(count: number): Promise<ReceivedSpan[]> {
  const calls = (): ReceivedSpan[] => recorded.spans().filter(({ scope }) => scope !== 'test');
  while (calls().length < count) await new Promise((resolve) => setImmediate(resolve));
  return calls();
}

async function sides(): Promise<{ client: ReceivedSpan; server: ReceivedSpan }> {
  const spans = await ended(2);
  return { client: spans.find(({ kind }) => kind === 'CLIENT')!, server: spans.find(({ kind }) => kind === 'SERVER')! };
}

describe.each(testedVersions(['grpc-js-1-10', 'grpc-js-1-12', '@grpc/grpc-js']))('%s', (alias) => {
  let app: Installed;
  let grpc: any;
  let Orders: any;
  let address: string;
  let handle: (call: any, callback: (...args: any[]) => void) => void;
  const opened: { close(): void }[] = [];

  function clientOf(target: string, options: object = {}, credentials = grpc.credentials.createInsecure()): any {
    const client = new Orders(target, credentials, {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
    opened.push(client);
    return client;
  }

  function get(client: any, id: string, metadata = new grpc.Metadata(), options: object = {}): Promise<any> {
    return new Promise((resolve, reject) => {
      client.get({ id }, metadata, options, (error: unknown, order: unknown) =>
        error ? reject(error) : resolve(order),
      );
    });
  }

  async function serve(options: object = {}, credentials = grpc.ServerCredentials.createInsecure()): Promise<string> {
    const server = new grpc.Server(options);
    server.addService({ get: GET_ORDER }, { get: (call: any, callback: any) => handle(call, callback) });
    opened.push({ close: () => server.forceShutdown() });
    const port = await new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error: unknown, bound: number) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return `127.0.0.1:${port}`;
  }

  beforeAll(async () => {
    app = installed({ '@grpc/grpc-js': alias });
    grpc = app.require('@grpc/grpc-js');
    Orders = grpc.makeGenericClientConstructor(
      { get: GET_ORDER, drop: { ...GET_ORDER, path: '/shop.Orders/Drop' } },
      'shop.Orders',
    );
    address = await serve();
    return () => {
      for (const each of opened.splice(0)) each.close();
      app.remove();
    };
  });
  afterEach(() => {
    handle = ({ request }, callback) => callback(null, request);
  });

  it('over TLS: both sides, and the wait for the handshake', async () => {
    handle = ({ request }, callback) => callback(null, request);
    const [cert, key] = [Buffer.from(CERTIFICATE.cert), Buffer.from(CERTIFICATE.key)];
    const secure = await serve({}, grpc.ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }]));
    const client = clientOf(secure, { 'grpc.ssl_target_name_override': 'localhost' }, grpc.credentials.createSsl(cert));
    await recorded.inSpan('caller', () => get(client, 'apples'));
    const { client: called, server } = await sides();
    expect(server).toMatchObject({ traceId: called.traceId, parentSpanId: called.spanId });
    expect(called.attributes).toMatchObject({
      'rpc.status_code': 'OK',
      'server.port': Number(secure.split(':')[1]),
      'rpc.phase.connect_ms': expect.any(Number),
    });
    expect(server.attributes).toMatchObject({ 'rpc.status_code': 'OK' });
  });

  it('says what was called, where, and how it ended', async () => {
    shows('@grpc/grpc-js', ['spans', 'parent', 'CJS'], app.versions['@grpc/grpc-js']!);
    handle = ({ request }, callback) => callback(null, request);
    const port = Number(address.split(':')[1]);
    const { spanId } = await recorded.inSpan('caller', async (span) => {
      await get(clientOf(address), 'apples');
      return span.spanContext();
    });
    const { client, server } = await sides();
    expect(client).toMatchObject({
      name: 'shop.Orders/Get',
      parentSpanId: spanId,
      status: { code: 'UNSET' },
      events: [],
    });
    expect(client.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Orders/Get',
      'rpc.status_code': 'OK',
      'rpc.phase.dns_ms': expect.any(Number),
      'rpc.phase.connect_ms': expect.any(Number),
      'server.address': '127.0.0.1',
      'server.port': port,
    });
    expect(server).toMatchObject({ name: 'shop.Orders/Get', parentSpanId: client.spanId, status: { code: 'UNSET' } });
    expect(server.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Orders/Get',
      'rpc.status_code': 'OK',
      'server.address': '127.0.0.1',
      'server.port': port,
      'client.address': '127.0.0.1',
    });
    const metrics = await recorded.metrics();
    expect(metrics.map(({ name }) => name)).toEqual(['rpc.client.call.duration', 'rpc.server.call.duration']);
    const ofThis = metrics[0]!.points.find(({ attributes }) => attributes['server.port'] === port);
    expect(ofThis!.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Orders/Get',
      'rpc.status_code': 'OK',
      'server.address': '127.0.0.1',
      'server.port': port,
    });
  });

  it('names no method that the server does not have', async () => {
    const client = clientOf(address);
    await new Promise((resolve) => client.drop({ id: 'apples' }, resolve));
    const spans = await sides();
    expect(spans.client).toMatchObject({ name: 'shop.Orders/Drop', attributes: { 'error.type': 'UNIMPLEMENTED' } });
    expect(spans.server).toMatchObject({
      name: 'grpc',
      parentSpanId: spans.client.spanId,
      status: { code: 'ERROR' },
      attributes: {
        'rpc.method': '_OTHER',
        'rpc.method_original': 'shop.Orders/Drop',
        'rpc.status_code': 'UNIMPLEMENTED',
      },
    });
  });

  it('a server that answers CANCELLED is an error', async () => {
    handle = (_call, callback) => callback({ code: grpc.status.CANCELLED, details: 'Cancelled on client' });
    await expect(get(clientOf(address), 'apples')).rejects.toThrow('CANCELLED');
    const { client } = await sides();
    expect(client).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'CANCELLED' } });
  });

  it('a cancelled call is a failure of nobody', async () => {
    const reached = Promise.withResolvers<any>();
    handle = (call) => reached.resolve(call);
    const call = clientOf(address).get({ id: 'apples' }, () => {});
    const served = await reached.promise;
    call.cancel();
    await once(served, 'cancelled');
    const { client, server } = await sides();
    expect(client).toMatchObject({ status: { code: 'UNSET' }, attributes: { 'rpc.status_code': 'CANCELLED' } });
    expect(client.attributes).not.toHaveProperty('error.type');
    expect(server).toMatchObject({ status: { code: 'UNSET' }, attributes: { 'rpc.status_code': 'CANCELLED' } });
  });

  it('a call that is cancelled elsewhere is told where it was made', async () => {
    handle = () => {};
    const told = Promise.withResolvers<string | undefined>();
    const { call, spanId } = recorded.inSpan('caller', (span) => ({
      call: clientOf(address).get({ id: 'apples' }, () => told.resolve(trace.getActiveSpan()?.spanContext().spanId)),
      spanId: span.spanContext().spanId,
    }));
    recorded.inSpan('elsewhere', () => call.cancel());
    expect(await told.promise).toBe(spanId);
    await ended(1);
  });

  it('a call that is not sent says why', async () => {
    const port = await freePort();
    await expect(get(clientOf(`127.0.0.1:${port}`), 'apples')).rejects.toThrow('UNAVAILABLE');
    const [refused] = await ended(1);
    expect(refused).toMatchObject({
      status: { code: 'ERROR', message: expect.stringContaining('No connection established') },
      attributes: { 'error.type': 'UNAVAILABLE', 'rpc.phase.connect_ms': expect.any(Number) },
    });
  });

  it.each(['serializer', 'credentials'])('has no words of the application: %s', async (whose) => {
    const words = new Error('no order for alice@example.com');
    const fails = (): never => {
      throw words;
    };
    const Broken = grpc.makeGenericClientConstructor({ get: { ...GET_ORDER, requestSerialize: fails } }, 'shop.Orders');
    const credentials = grpc.credentials.createFromMetadataGenerator((_: unknown, done: (error: Error) => void) =>
      done(words),
    );
    const client = whose === 'serializer' ? new Broken(address, grpc.credentials.createInsecure()) : clientOf(address);
    opened.push(client);
    const options = whose === 'credentials' ? { credentials } : {};
    await expect(get(client, 'apples', undefined, options)).rejects.toThrow('alice@example.com');
    const [span] = await ended(1);
    expect(span!.status.code).toBe('ERROR');
    expect(JSON.stringify(span)).not.toContain('alice');
  });

  it('says that a deadline was over while there was no connection', async () => {
    const metadata = new grpc.Metadata({ waitForReady: true });
    const client = clientOf(`127.0.0.1:${await freePort()}`);
    await expect(get(client, 'apples', metadata, { deadline: Date.now() + 60 })).rejects.toThrow('DEADLINE_EXCEEDED');
    const [late] = await ended(1);
    expect(late!.attributes).toMatchObject({
      'error.type': 'DEADLINE_EXCEEDED',
      'rpc.timeout_phase': 'connect',
      'rpc.timeout_ms': expect.any(Number),
    });
    expect(late!.attributes['rpc.phase.connect_ms']).toBeGreaterThan(0);
  });

  it('an attempt keeps its status when the call ends during the pause after it', async () => {
    handle = (_call, callback) => callback({ code: grpc.status.UNAVAILABLE, details: 'not now' });
    // The pause is random, and goes on after the call: 1.10 then picks a connection of the closed client for ever.
    const config = retries({ initialBackoff: '86400s', maxBackoff: '86400s', maxAttempts: 2 });
    const client = clientOf(address, { 'grpc.service_config': config });
    const caller = await recorded.inSpan('caller', async (span) => {
      const told = Promise.withResolvers<void>();
      const call = client.get({ id: 'apples' }, () => told.resolve());
      await ended(2);
      call.cancel();
      await told.promise;
      return span.spanContext();
    });
    const { client: attempt } = await sides();
    expect(attempt.attributes).toMatchObject({
      'error.type': 'UNAVAILABLE',
      'retry.attempt': 1,
      'retry.max_attempts': 2,
    });
    expect(recorded.spans().find(({ spanId }) => spanId === caller.spanId)!.events).toMatchObject([
      {
        name: 'retry.summary',
        attributes: { 'retry.attempts': 1, 'retry.outcome': 'failure', 'error.type': 'CANCELLED' },
      },
    ]);
  });

  it.each([1, 2])('each hedged attempt has its span, where number %i is the quicker one', async (quicker) => {
    const calls: (() => void)[] = [];
    // Of two, one is never answered.
    handle = ({ request }, callback) => {
      calls.push(() => callback(null, request));
      if (calls.length === 2) calls[quicker - 1]!();
    };
    const hedgingPolicy = { maxAttempts: 2, hedgingDelay: '0.02s', nonFatalStatusCodes: [] };
    const config = JSON.stringify({ methodConfig: [{ name: [{ service: 'shop.Orders' }], hedgingPolicy }] });
    const client = clientOf(address, { 'grpc.service_config': config });
    // Both go over one connection, in order.
    await recorded.inSpan('caller', () => get(client, 'apples'));
    const spans = await ended(4);
    const attempts = spans.filter(({ kind }) => kind === 'CLIENT');
    const said = attempts.map(({ attributes, status }) => [
      attributes['retry.attempt'],
      attributes['rpc.status_code'],
      status.code,
    ]);
    expect(said.toSorted()).toEqual([
      [1, quicker === 1 ? 'OK' : 'CANCELLED', 'UNSET'],
      [2, quicker === 2 ? 'OK' : 'CANCELLED', 'UNSET'],
    ]);
    expect(attempts.map(({ attributes }) => attributes['retry.policy'])).toEqual(['grpc hedging', 'grpc hedging']);
    for (const { spanId } of attempts)
      expect(spans.filter(({ parentSpanId }) => parentSpanId === spanId)).toHaveLength(1);
  });

  it('sends its trace, and the text of the caller, to a server of another kind', async () => {
    const heads: http2.IncomingHttpHeaders[] = [];
    const server = http2.createServer().on('stream', (stream, headers) => {
      heads.push(headers);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = clientOf(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const metadata = new grpc.Metadata();
    metadata.set('x-shop', 'north');
    await recorded.inSpan('caller', () =>
      context.with(withXTraceId(context.active(), 'support-4711'), () => get(client, 'apples', metadata)),
    );
    const [{ traceId, spanId }] = (await ended(1)) as [ReceivedSpan];
    expect(heads).toMatchObject([
      {
        traceparent: expect.stringContaining(`-${traceId}-${spanId}-`),
        'x-trace-id': 'support-4711',
        'x-shop': 'north',
      },
    ]);
    // The application's are as they were.
    expect(metadata.getMap()).toEqual({ 'x-shop': 'north' });
    client.close();
    server.close();
  });

  it('a server that passes on its metadata sends its own trace', async () => {
    const next = clientOf(address);
    handle = ({ request, metadata }, callback) => {
      if (request.id === 'leaf') callback(null, { traceparent: metadata.get('traceparent') });
      else next.get({ id: 'leaf' }, metadata, callback);
    };
    const { traceparent } = await get(clientOf(address), 'root');
    const spans = await ended(4);
    const inner = spans.filter(({ kind }) => kind === 'CLIENT').find(({ parentSpanId }) => parentSpanId !== '')!;
    expect(traceparent).toEqual([expect.stringContaining(inner.spanId)]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('interceptors and credentials run where their call does', async () => {
    const active: Record<string, string | undefined> = {};
    const note = (what: string): void => void (active[what] = trace.getActiveSpan()?.spanContext().spanId);
    const guarded = await serve({
      interceptors: [
        (_method: unknown, call: unknown) =>
          new grpc.ServerInterceptingCall(call, {
            start(next: (listener: object) => void) {
              note('served');
              next({});
            },
          }),
      ],
    });
    const credentials = grpc.credentials.createFromMetadataGenerator((_: unknown, done: (...args: any[]) => void) => {
      note('credentials');
      done(null, new grpc.Metadata());
    });
    const client = clientOf(guarded);
    // The second call waits for the connection that the first one opens.
    const first = recorded.inSpan('first', () => get(client, 'apples'));
    const caller = await recorded.inSpan('second', async (span) => {
      await get(client, 'pears', undefined, { credentials });
      return span.spanContext();
    });
    await first;
    const spans = await ended(4);
    expect(active['credentials']).toBe(caller.spanId);
    expect(spans.filter(({ kind }) => kind === 'SERVER').map(({ spanId }) => spanId)).toContain(active['served']);
  });

  it('makes no span of a call for which tracing is suppressed', async () => {
    await context.with(suppressed(context.active()), () => get(clientOf(address), 'apples'));
    const [only] = await ended(1);
    expect(only).toMatchObject({ kind: 'SERVER', parentSpanId: '' });
  });
});

function retries(policy: object): string {
  const retryPolicy = { backoffMultiplier: 1, retryableStatusCodes: ['UNAVAILABLE'], ...policy };
  return JSON.stringify({ methodConfig: [{ name: [{ service: 'shop.Orders' }], retryPolicy }] });
}
