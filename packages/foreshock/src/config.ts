import { readFileSync } from 'node:fs';
import type { Destination } from '@foreshock/export';
import { hostPatternsFrom, propagatorsFromNames, type PropagatorName } from '@foreshock/propagator';
import type { Env } from './env.ts';
import { DEFAULT_SPAN_LIMITS, type SpanLimits } from './tracer/span.ts';

/** Everything the preload can be told, read once at start. Names and defaults: OpenTelemetry's, or FORESHOCK_*. */
export interface Config {
  destinations: Destination[];
  batch: {
    /** OTEL_BSP_SCHEDULE_DELAY, ms. */
    scheduleDelayMs: number;
    /** OTEL_BSP_EXPORT_TIMEOUT, ms. */
    exportTimeoutMs: number;
    /** OTEL_BSP_MAX_QUEUE_SIZE, spans; without it the spool's bytes alone limit what waits, some 35,000 spans. */
    maxQueueSize: number | undefined;
    /** OTEL_BSP_MAX_EXPORT_BATCH_SIZE, spans. */
    maxExportBatchSize: number;
  };
  /** FORESHOCK_SPOOL_BYTES: memory for spans that wait to be sent. */
  spoolBytes: number;
  /** FORESHOCK_FLUSH_MS: the longest the end of the process may be put off to deliver what is left. */
  flushMs: number;
  /** FORESHOCK_POOL_LEAK_MS: how long a pooled connection may be out before it counts as leaked; 0 = never. */
  poolLeakMs: number;
  /** FORESHOCK_RETRY_STORM: resends per first try to one target, within 10 s, that count as a storm. */
  retryStorm: number;
  /** FORESHOCK_PROPAGATE_ATTEMPTS: whether services called again are told so, in `baggage`. */
  propagateAttempts: boolean;
  /** FORESHOCK_TRUST_INCOMING: whether ids and sampling of callers are accepted. */
  trustIncoming: boolean;
  /** FORESHOCK_PROPAGATE_TO: hosts that receive our headers; undefined = all. */
  propagateTo: string[] | undefined;
  /** OTEL_PROPAGATORS; default `tracecontext,baggage,x-trace-id`. */
  propagators: PropagatorName[] | undefined;
  sampler: { name: SamplerName; ratio: number };
  spanLimits: SpanLimits;
  /** OTEL_METRICS_EXPORTER; unlike the specification's default, metrics leave the process only when asked for. */
  metricsExporters: ('otlp' | 'console')[];
  /** OTEL_METRIC_EXPORT_INTERVAL, ms. */
  metricIntervalMs: number;
  /** Whether a library is to be instrumented, by OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS. */
  libraries: (library: string) => boolean;
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
/** The values of OTEL_TRACES_SAMPLER that are understood. */
export type SamplerName = (typeof SAMPLERS)[number];

export function readConfig(env: Env): Config {
  const valueLength = env.integer(['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'], DEFAULT_SPAN_LIMITS.attributeValueLengthLimit);
  const count = env.integer(['OTEL_ATTRIBUTE_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.attributeCountLimit);
  const maxQueueSize = env.first('OTEL_BSP_MAX_QUEUE_SIZE') && env.integer(['OTEL_BSP_MAX_QUEUE_SIZE'], 2048, 1);
  const maxExportBatchSize = env.integer(['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], 512, 1);
  if (maxQueueSize !== undefined && maxExportBatchSize > maxQueueSize) {
    env.wrong(
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      String(maxExportBatchSize),
      `is more than OTEL_BSP_MAX_QUEUE_SIZE, ${maxQueueSize} is used`,
    );
  }
  return {
    destinations: readDestinations(env),
    batch: {
      scheduleDelayMs: env.integer(['OTEL_BSP_SCHEDULE_DELAY'], 5000),
      exportTimeoutMs: env.integer(['OTEL_BSP_EXPORT_TIMEOUT'], 30_000),
      maxQueueSize,
      maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize ?? Infinity),
    },
    spoolBytes: env.integer(['FORESHOCK_SPOOL_BYTES'], 16 * 1024 * 1024, 64 * 1024),
    flushMs: env.integer(['FORESHOCK_FLUSH_MS'], 2000),
    poolLeakMs: env.integer(['FORESHOCK_POOL_LEAK_MS'], 30_000),
    retryStorm: env.ratio('FORESHOCK_RETRY_STORM', 0.5),
    propagateAttempts: env.boolean('FORESHOCK_PROPAGATE_ATTEMPTS', true),
    trustIncoming: env.boolean('FORESHOCK_TRUST_INCOMING', true),
    propagateTo: readHosts(env),
    propagators: readPropagators(env),
    sampler: readSampler(env),
    spanLimits: {
      attributeValueLengthLimit: env.integer(['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'], valueLength),
      attributeCountLimit: env.integer(['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'], count),
      eventCountLimit: env.integer(['OTEL_SPAN_EVENT_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.eventCountLimit),
      linkCountLimit: env.integer(['OTEL_SPAN_LINK_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.linkCountLimit),
      attributePerEventCountLimit: env.integer(['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'], count),
      attributePerLinkCountLimit: env.integer(['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'], count),
    },
    metricsExporters: readExporters(env, 'OTEL_METRICS_EXPORTER', ['otlp', 'console'], []),
    metricIntervalMs: env.integer(['OTEL_METRIC_EXPORT_INTERVAL'], 60_000, 1),
    libraries: readLibraries(env),
  };
}

function readExporters<E extends string>(env: Env, name: string, known: readonly E[], byDefault: E[]): E[] {
  const asked = env.list(name);
  if (!asked) return byDefault;
  if (asked.length === 1 && asked[0] === 'none') return [];
  const exporters = new Set<E>();
  for (const entry of asked) {
    if (known.includes(entry as E)) exporters.add(entry as E);
    else env.wrong(name, entry, `is none of ${[...known, 'none'].join(', ')}, it is left out`);
  }
  if (exporters.size > 0) return [...exporters];
  env.wrong(name, asked.join(','), `names no known exporter, ${byDefault.join(',') || 'none'} is used`);
  return byDefault;
}

function readDestinations(env: Env): Destination[] {
  return readExporters(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'zipkin', 'console'], ['otlp']).map(
    (exporter): Destination => {
      if (exporter === 'otlp') return readOtlp(env);
      if (exporter === 'console') return { kind: 'console' };
      const byDefault = 'http://localhost:9411/api/v2/spans';
      const endpoint = env.text('OTEL_EXPORTER_ZIPKIN_ENDPOINT');
      return {
        kind: 'zipkin',
        url: endpoint === undefined ? byDefault : env.url('OTEL_EXPORTER_ZIPKIN_ENDPOINT', endpoint, byDefault),
        timeoutMs: env.integer(['OTEL_EXPORTER_ZIPKIN_TIMEOUT'], 10_000, 1),
      };
    },
  );
}

function readOtlp(env: Env): Destination {
  const both = (name: string): [string, string] => [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
  return {
    kind: 'otlp',
    url: readOtlpUrl(env),
    headers: { ...env.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...env.pairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS') },
    protocol: env.oneOf(both('PROTOCOL'), ['http/protobuf', 'http/json'], 'http/protobuf'),
    compression: env.oneOf(both('COMPRESSION'), ['none', 'gzip'], 'none'),
    timeoutMs: env.integer(both('TIMEOUT'), 10_000, 1),
    ...readPem(env, 'ca', both('CERTIFICATE')),
    ...readPem(env, 'cert', both('CLIENT_CERTIFICATE')),
    ...readPem(env, 'key', both('CLIENT_KEY')),
  };
}

/** The traces endpoint is used as it stands; the general one gets the signal's path (specification, OTLP exporter). */
function readOtlpUrl(env: Env): string {
  const byDefault = 'http://localhost:4318/v1/traces';
  const own = env.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  if (own !== undefined) return env.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own, byDefault);
  const general = env.text('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (general === undefined) return byDefault;
  const checked = env.url('OTEL_EXPORTER_OTLP_ENDPOINT', general, byDefault);
  if (checked === byDefault) return byDefault;
  const url = new URL(checked);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

function readPem<K extends string>(env: Env, key: K, names: readonly string[]): { [P in K]?: string } {
  const given = env.first(...names);
  if (!given) return {};
  try {
    return { [key]: readFileSync(given.value, 'utf8') } as { [P in K]?: string };
  } catch (error) {
    env.wrong(given.name, given.value, `cannot be read (${(error as NodeJS.ErrnoException).code}), it is left out`);
    return {};
  }
}

function readSampler(env: Env): Config['sampler'] {
  const name = env.oneOf(['OTEL_TRACES_SAMPLER'], SAMPLERS, 'parentbased_always_on');
  const argument = env.text('OTEL_TRACES_SAMPLER_ARG');
  if (!name.endsWith('traceidratio') || argument === undefined) return { name, ratio: 1 };
  const ratio = Number(argument);
  if (ratio >= 0 && ratio <= 1) return { name, ratio };
  env.wrong('OTEL_TRACES_SAMPLER_ARG', argument, 'is not a number from 0 to 1, 1 is used');
  return { name, ratio: 1 };
}

function readHosts(env: Env): string[] | undefined {
  const asked = env.list('FORESHOCK_PROPAGATE_TO');
  if (!asked) return undefined;
  const { patterns, invalid } = hostPatternsFrom(asked);
  for (const entry of invalid)
    env.wrong('FORESHOCK_PROPAGATE_TO', entry, 'is no host, host:port or *.domain, it matches none');
  return patterns;
}

function readPropagators(env: Env): PropagatorName[] | undefined {
  const asked = env.list('OTEL_PROPAGATORS');
  if (!asked) return undefined;
  const { propagators, unknown } = propagatorsFromNames(asked);
  for (const name of unknown) env.wrong('OTEL_PROPAGATORS', name, `is not known, ${propagators.join(',')} is used`);
  return propagators;
}

function readLibraries(env: Env): (library: string) => boolean {
  const enabled = env.list('OTEL_NODE_ENABLED_INSTRUMENTATIONS');
  const disabled = new Set(env.list('OTEL_NODE_DISABLED_INSTRUMENTATIONS'));
  const only = enabled && new Set(enabled);
  return (library) => (only?.has(library) ?? true) && !disabled.has(library);
}
