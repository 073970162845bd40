import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { readSpan } from './decode/span.ts';
import { encodeSpan } from './encode/span-encoder.ts';
import type { FinishedSpan } from './finished-span.ts';
import { zipkinSpan, type ZipkinSpan } from './zipkin.ts';

const scope = { name: '@foreshock/instrumentation-db', version: '0.1.0' };
const resource = {
  attributes: [
    { key: 'service.name', value: { stringValue: 'orders' } },
    { key: 'service.version', value: { stringValue: '1.2.3' } },
    { key: 'host.name', value: { stringValue: 'box' } },
  ],
};

function zipkin(parts: Partial<FinishedSpan> = {}): ZipkinSpan {
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const span: FinishedSpan = {
    name: 'SELECT orders',
    kind: SpanKind.CLIENT,
    spanContext: () => context,
    startTime: [1_763_600_000, 123_456_789],
    endTime: [1_763_600_000, 125_456_789],
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    links: [],
    events: [],
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...parts,
  };
  return zipkinSpan(readSpan(Buffer.from(encodeSpan(span))), scope, resource);
}

const remoteOf = (attributes: Attributes, kind = SpanKind.CLIENT) => zipkin({ attributes, kind }).remoteEndpoint;

describe('a span for Zipkin', () => {
  it('has all that Zipkin knows, and nothing else', () => {
    const parentSpanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
    };
    const span = zipkin({
      parentSpanContext,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'server.address': 'pg.internal',
        'server.port': 5432,
        'network.peer.address': '10.0.0.7',
        'network.peer.port': 6432,
        'pool.wait_ms': 12.5,
        cached: false,
        tags: ['a', 'b'],
      },
      events: [{ name: 'pool.saturated', time: [1_763_600_000, 124_000_000], attributes: { peak: 3, pool: 'orders' } }],
      links: [
        {
          context: { traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331', traceFlags: 1 },
          attributes: { why: 'holder' },
        },
      ],
      droppedAttributesCount: 2,
    });
    expect(span).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      id: 'b7ad6b7169203331',
      parentId: '00f067aa0ba902b7',
      name: 'SELECT orders',
      kind: 'CLIENT',
      timestamp: 1_763_600_000_123_456,
      duration: 2_000,
      localEndpoint: { serviceName: 'orders' },
      remoteEndpoint: { serviceName: 'pg.internal', ipv4: '10.0.0.7', port: 6432 },
      annotations: [
        { timestamp: 1_763_600_000_124_000, value: 'pool.saturated' },
        { timestamp: 1_763_600_000_124_000, value: 'pool.saturated {"peak":3,"pool":"orders"}' },
      ],
      tags: Object.assign(Object.create(null), {
        'service.version': '1.2.3',
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'server.address': 'pg.internal',
        'server.port': '5432',
        'network.peer.address': '10.0.0.7',
        'network.peer.port': '6432',
        'pool.wait_ms': '12.5',
        cached: 'false',
        tags: '["a","b"]',
        'otel.scope.name': '@foreshock/instrumentation-db',
        'otel.scope.version': '0.1.0',
        'otel.links': '1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331 {"why":"holder"}',
        'otel.dropped_attributes_count': '2',
      }),
    });
  });

  it('says who was on the other side, databases and brokers too', () => {
    const db = { 'db.system.name': 'postgresql', 'db.namespace': 'shop' };
    expect(remoteOf({ ...db, 'server.address': 'pg', 'peer.service': 'orders-db' })).toEqual({
      serviceName: 'orders-db',
    });
    expect(remoteOf({ ...db, 'server.address': 'pg', 'server.port': 5432 })).toEqual({ serviceName: 'pg', port: 5432 });
    expect(remoteOf(db)).toEqual({ serviceName: 'postgresql' });
    const local = { 'server.address': '127.0.0.1', 'server.port': 3001 };
    expect(remoteOf({ ...db, ...local, 'peer.service': 'postgresql' })).toEqual({
      serviceName: 'postgresql',
      ipv4: '127.0.0.1',
      port: 3001,
    });
    // Our own says no more than the rest; two databases are two nodes.
    expect(remoteOf({ ...db, 'server.address': 'pg', 'peer.service': 'postgresql' })).toEqual({ serviceName: 'pg' });
    expect(remoteOf({ ...local, 'peer.service': '127.0.0.1:3001' })).toMatchObject({ serviceName: '127.0.0.1' });
    expect(remoteOf({ 'db.system.name': 'redis', 'server.address': '::1' })).toEqual({
      serviceName: 'redis',
      ipv6: '::1',
    });
    expect(remoteOf({ 'server.address': 'localhost', 'server.port': 8080 })).toEqual({
      serviceName: 'localhost',
      port: 8080,
    });
    // A queue is often called like the service that reads it.
    expect(
      remoteOf({ 'messaging.system': 'pg-boss', 'messaging.destination.name': 'emails' }, SpanKind.PRODUCER),
    ).toEqual({ serviceName: 'pg-boss' });
    expect(remoteOf({ 'messaging.system': 'kafka' }, SpanKind.CONSUMER)).toEqual({ serviceName: 'kafka' });
    expect(remoteOf({ 'network.peer.address': '::1' })).toEqual({ ipv6: '::1' });
    expect(remoteOf({})).toBeUndefined();
    expect(remoteOf({ 'server.address': 'us' }, SpanKind.SERVER)).toBeUndefined();
    expect(remoteOf({ 'server.address': 'us' }, SpanKind.INTERNAL)).toBeUndefined();
  });

  it('knows the kinds', () => {
    const kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
    expect(kinds.map((kind) => zipkin({ kind }).kind)).toEqual([undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']);
  });

  it('is red when the status is an error, with the best reason there is', () => {
    const red = (message?: string, attributes: Attributes = {}) =>
      zipkin({ status: { code: SpanStatusCode.ERROR, ...(message && { message }) }, attributes }).tags['error'];
    expect(red('no connection', { 'error.type': 'ECONNREFUSED' })).toBe('no connection');
    expect(red(undefined, { 'error.type': 'ECONNREFUSED', error: false })).toBe('ECONNREFUSED');
    expect(red()).toBe('true');
    expect(zipkin({ status: { code: SpanStatusCode.ERROR } }).tags['otel.status_code']).toBe('ERROR');
  });

  it('is not red for an attribute or an event of that name alone', () => {
    const span = zipkin({
      attributes: { error: true, 'error.type': 'timeout' },
      events: [{ name: 'error', time: [1, 0] }],
    });
    expect(span.tags).not.toHaveProperty('error');
    expect(span.annotations).toEqual([{ timestamp: 1_000_000, value: 'error' }]);
    expect(zipkin({ status: { code: SpanStatusCode.OK } }).tags).toMatchObject({ 'otel.status_code': 'OK' });
  });

  it('lasts at least a microsecond', () => {
    expect(zipkin({ endTime: [1_763_600_000, 123_456_799] }).duration).toBe(1);
    expect(zipkin({ endTime: [1_763_599_999, 0] }).duration).toBe(1);
  });
});
