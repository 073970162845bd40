import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { Env } from './env.ts';

function read(env: Record<string, string>) {
  const source = new Env(env);
  const config = readConfig(source);
  return { config, warnings: source.warnings };
}

describe('readConfig', () => {
  it('has the defaults of the specification', () => {
    const { config, warnings } = read({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      destinations: [
        {
          kind: 'otlp',
          url: 'http://localhost:4318/v1/traces',
          headers: {},
          protocol: 'http/protobuf',
          compression: 'none',
          timeoutMs: 10_000,
        },
      ],
      batch: { scheduleDelayMs: 5000, exportTimeoutMs: 30_000, maxQueueSize: undefined, maxExportBatchSize: 2048 },
      spoolBytes: 16 * 1024 * 1024,
      flushMs: 2000,
      trustIncoming: true,
      propagateTo: undefined,
      propagators: undefined,
      sampler: { name: 'parentbased_always_on', ratio: 1 },
      spanLimits: {
        attributeValueLengthLimit: Infinity,
        attributeCountLimit: 128,
        eventCountLimit: 128,
        linkCountLimit: 128,
        attributePerEventCountLimit: 128,
        attributePerLinkCountLimit: 128,
      },
      metrics: { exporters: [], intervalMs: 60_000, timeoutMs: 30_000, otlp: undefined },
    });
  });

  it('treats an empty value as unset', () => {
    const { config, warnings } = read({
      OTEL_TRACES_EXPORTER: '',
      OTEL_TRACES_SAMPLER: ' ',
      OTEL_BSP_SCHEDULE_DELAY: '',
    });
    expect(warnings).toEqual([]);
    expect(config.destinations).toHaveLength(1);
  });

  it('builds the endpoint from the general one, and takes the one of traces as it stands', () => {
    const url = (env: Record<string, string>) => (read(env).config.destinations[0] as { url: string }).url;
    expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1' })).toBe('http://a:1/v1/traces');
    expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a/base/' })).toBe('https://a/base/v1/traces');
    expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' })).toBe(
      'http://b/x',
    );
  });

  it('reads lists of exporters, headers, samplers and limits', () => {
    const { config, warnings } = read({
      OTEL_TRACES_EXPORTER: 'otlp, zipkin,console',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=x%20y',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=2',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TIMEOUT: '250',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://z:9411/api/v2/spans',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_ATTRIBUTE_COUNT_LIMIT: '10',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '20',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '100',
      OTEL_PROPAGATORS: 'tracecontext,b3multi',
      OTEL_METRICS_EXPORTER: 'otlp',
    });
    expect(warnings).toEqual([]);
    expect(config.destinations).toEqual([
      {
        kind: 'otlp',
        url: 'http://localhost:4318/v1/traces',
        headers: { a: '1', b: '2' },
        protocol: 'http/json',
        compression: 'gzip',
        timeoutMs: 250,
      },
      { kind: 'zipkin', url: 'http://z:9411/api/v2/spans', timeoutMs: 10_000 },
      { kind: 'console' },
    ]);
    expect(config.sampler).toEqual({ name: 'parentbased_traceidratio', ratio: 0.25 });
    expect(config.spanLimits).toMatchObject({
      attributeCountLimit: 20,
      attributePerEventCountLimit: 10,
      attributeValueLengthLimit: 100,
    });
    expect(config.propagators).toEqual(['tracecontext', 'b3multi']);
    expect(config.metrics.exporters).toEqual(['otlp']);
    expect(read({ OTEL_TRACES_EXPORTER: 'none' }).config.destinations).toEqual([]);
  });

  const wrong: [string, string, (config: ReturnType<typeof readConfig>) => unknown, unknown][] = [
    ['OTEL_TRACES_EXPORTER', 'jaeger', (c) => c.destinations.map((d) => d.kind), ['otlp']],
    ['OTEL_METRICS_EXPORTER', 'prometheus,statsd', (c) => c.metrics.exporters, []],
    ['OTEL_TRACES_EXPORTER', 'zipkin,nope', (c) => c.destinations.map((d) => d.kind), ['zipkin']],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'localhost:4318',
      (c) => (c.destinations[0] as { url: string }).url,
      'http://localhost:4318/v1/traces',
    ],
    [
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'grpc',
      (c) => (c.destinations[0] as { protocol: string }).protocol,
      'http/protobuf',
    ],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'no-equals', (c) => (c.destinations[0] as { headers: object }).headers, {}],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', (c) => (c.destinations[0] as { timeoutMs: number }).timeoutMs, 10_000],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/no/such.pem', (c) => 'ca' in c.destinations[0]!, false],
    ['OTEL_TRACES_SAMPLER', 'sometimes', (c) => c.sampler.name, 'parentbased_always_on'],
    ['OTEL_BSP_SCHEDULE_DELAY', '-1', (c) => c.batch.scheduleDelayMs, 5000],
    ['OTEL_BSP_MAX_QUEUE_SIZE', 'many', (c) => c.batch.maxQueueSize, 2048],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', 'many', (c) => c.spanLimits.eventCountLimit, 128],
    ['OTEL_PROPAGATORS', 'xray', (c) => c.propagators, ['tracecontext', 'baggage', 'x-trace-id']],
    ['FORESHOCK_SPOOL_BYTES', '12', (c) => c.spoolBytes, 16 * 1024 * 1024],
    ['FORESHOCK_RETRY_STORM', '0', (c) => c.retryStorm, 0.5],
    ['FORESHOCK_TRUST_INCOMING', 'no', (c) => c.trustIncoming, true],
    ['FORESHOCK_OWN_COMMANDS', 'agenda,pgboss', (c) => c.ownCommands, undefined],
    ['FORESHOCK_OWN_COMMANDS', 'bullmq,amqplib', (c) => c.ownCommands, ['bullmq']],
    ['FORESHOCK_PROPAGATE_TO', 'http://a', (c) => c.propagateTo, []],
    ['FORESHOCK_KEY_HASH', 'true', (c) => c.keyHash, undefined],
    ['OTEL_BSP_SCHEDULE_DELAY', '3000000000', (c) => c.batch.scheduleDelayMs, 86_400_000],
    ['OTEL_BSP_EXPORT_TIMEOUT', '3000000000', (c) => c.batch.exportTimeoutMs, 86_400_000],
    [
      'OTEL_EXPORTER_OTLP_TIMEOUT',
      '3000000000',
      (c) => (c.destinations[0] as { timeoutMs: number }).timeoutMs,
      86_400_000,
    ],
    ['OTEL_METRIC_EXPORT_INTERVAL', '3000000000', (c) => c.metrics.intervalMs, 86_400_000],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '0', (c) => c.metrics.timeoutMs, 30_000],
    ['FORESHOCK_FLUSH_MS', '3000000000', (c) => c.flushMs, 86_400_000],
    ['FORESHOCK_POOL_LEAK_MS', '3000000000', (c) => c.poolLeakMs, 86_400_000],
    ['OTEL_CONFIG_FILE', '/etc/otel.yaml', (c) => c.destinations.length, 1],
    ['OTEL_NODE_RESOURCE_DETECTORS', 'none', (c) => c.destinations.length, 1],
  ];
  it.each(wrong)('answers %s=%s with one line and the default', (name, value, get, expected) => {
    const { config, warnings } = read({ [name]: value });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(name);
    expect(get(config)).toEqual(expected);
  });

  it.each([
    ['2048', 512],
    ['100', 25],
    ['3', 1],
    ['100000', 2048],
  ])('a queue of %s has room beside a batch under way', (queue, batch) => {
    const { config, warnings } = read({ OTEL_BSP_MAX_QUEUE_SIZE: queue });
    expect([config.batch.maxExportBatchSize, warnings]).toEqual([batch, []]);
  });

  it('takes the smaller queue for the batch that was set, and says so', () => {
    const both = read({ OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '200' });
    expect(both.config.batch.maxExportBatchSize).toBe(100);
    expect(both.warnings).toEqual([
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE="200" is more than OTEL_BSP_MAX_QUEUE_SIZE, 100 is used',
    ]);
  });

  it('reads what metrics have of their own before what all signals have', () => {
    const { config, warnings } = read({
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '4000',
      OTEL_METRIC_EXPORT_TIMEOUT: '3000',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1/base',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'b=2',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
    });
    expect(warnings).toEqual([]);
    expect(config.metrics).toEqual({
      exporters: ['otlp'],
      intervalMs: 4000,
      timeoutMs: 3000,
      otlp: {
        kind: 'otlp',
        url: 'http://a:1/base/v1/metrics',
        headers: { a: '1', b: '2' },
        protocol: 'http/json',
        compression: 'none',
        timeoutMs: 2000,
      },
    });
    expect(config.destinations[0]).toMatchObject({ protocol: 'http/protobuf', timeoutMs: 1000 });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://user:secret@host'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://user:sec/secret@host/'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'user:secret@host:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://host/?api_key=secret'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://host/#secret'],
    ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'host?key=secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=%zz-secret'],
    ['OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'zipkin:secret@host'],
    ['FORESHOCK_PROPAGATE_TO', 'https://user:secret@host/'],
    ['OTEL_TRACES_EXPORTER', 'https://user:secret@host/'],
  ])('shows no header, password, query or fragment of %s=%s', (name, value) => {
    const exporters: Record<string, string> = { OTEL_TRACES_EXPORTER: 'otlp,zipkin', OTEL_METRICS_EXPORTER: 'otlp' };
    const { warnings } = read({ ...exporters, [name]: value });
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.join('\n')).toContain(name);
    expect(warnings.join('\n')).not.toContain('secret');
  });
});
