import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Destination, OtlpDestination } from '@foreshock/export';
import type { Env } from './env.ts';
import { readPluginConfig, type PluginConfig } from './plugin-config.ts';
import { DEFAULT_SPAN_LIMITS, type SpanLimits } from './tracer/span.ts';

/** Everything the preload can be set to, read once at start. Names and defaults: OpenTelemetry's, or FORESHOCK_*. */
export interface Config extends PluginConfig {
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
  sampler: { name: SamplerName; ratio: number };
  spanLimits: SpanLimits;
  metrics: MetricsConfig;
}

/** How metrics are exported. */
export interface MetricsConfig {
  /** OTEL_METRICS_EXPORTER; unlike the specification's default, metrics leave the process only when asked for. */
  exporters: ('otlp' | 'console')[];
  /** OTEL_METRIC_EXPORT_INTERVAL, ms. */
  intervalMs: number;
  /** OTEL_METRIC_EXPORT_TIMEOUT, ms: the longest a collection and its export may take. */
  timeoutMs: number;
  /** Where `otlp` leads: OTEL_EXPORTER_OTLP_METRICS_*, or what all signals have in common. */
  otlp: FullOtlpDestination | undefined;
}

type FullOtlpDestination = OtlpDestination & { headers: Record<string, string>; timeoutMs: number };
type Signal = 'traces' | 'metrics';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
/** Of OpenTelemetry's variables those that somebody may rely on here. */
const UNREAD = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE', 'OTEL_NODE_RESOURCE_DETECTORS'];

/** The values of OTEL_TRACES_SAMPLER that are understood. */
export type SamplerName = (typeof SAMPLERS)[number];

export function readConfig(env: Env): Config {
  const valueLength = env.integer(['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'], DEFAULT_SPAN_LIMITS.attributeValueLengthLimit);
  const count = env.integer(['OTEL_ATTRIBUTE_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.attributeCountLimit);
  const maxQueueSize = env.first('OTEL_BSP_MAX_QUEUE_SIZE') && env.integer(['OTEL_BSP_MAX_QUEUE_SIZE'], 2048, 1);
  const maxExportBatchSize = env.integer(['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], 512, 1);
  const batchSize = env.text('OTEL_BSP_MAX_EXPORT_BATCH_SIZE');
  if (batchSize !== undefined && maxQueueSize !== undefined && maxExportBatchSize > maxQueueSize) {
    env.wrong(
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      batchSize,
      `is more than OTEL_BSP_MAX_QUEUE_SIZE, ${maxQueueSize} is used`,
    );
  }
  for (const name of UNREAD) env.unread(name);
  return {
    ...readPluginConfig(env),
    destinations: readDestinations(env),
    batch: {
      scheduleDelayMs: env.milliseconds(['OTEL_BSP_SCHEDULE_DELAY'], 5000),
      exportTimeoutMs: env.milliseconds(['OTEL_BSP_EXPORT_TIMEOUT'], 30_000),
      maxQueueSize,
      maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize ?? Infinity),
    },
    spoolBytes: env.integer(['FORESHOCK_SPOOL_BYTES'], 16 * 1024 * 1024, 64 * 1024),
    flushMs: env.milliseconds(['FORESHOCK_FLUSH_MS'], 2000),
    sampler: readSampler(env),
    spanLimits: {
      attributeValueLengthLimit: env.integer(['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'], valueLength),
      attributeCountLimit: env.integer(['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'], count),
      eventCountLimit: env.integer(['OTEL_SPAN_EVENT_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.eventCountLimit),
      linkCountLimit: env.integer(['OTEL_SPAN_LINK_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.linkCountLimit),
      attributePerEventCountLimit: env.integer(['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'], count),
      attributePerLinkCountLimit: env.integer(['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'], count),
    },
    metrics: readMetrics(env),
  };
}

function readExporters<E extends string>(env: Env, name: string, known: readonly E[], byDefault: E[]): E[] {
  const asked = env.list(name);
  if (!asked) return byDefault;
  if (asked.length === 1 && asked[0] === 'none') return [];
  const { found, unknown } = env.known(asked, known);
  if (unknown.length > 0) {
    const instead = found.length > 0 ? 'it is left out' : `${byDefault.join(',') || 'none'} is used`;
    env.wrong(name, unknown.join(','), `is none of ${[...known, 'none'].join(', ')}, ${instead}`);
  }
  return found.length > 0 ? found : byDefault;
}

function readDestinations(env: Env): Destination[] {
  return readExporters(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'zipkin', 'console'], ['otlp']).map(
    (exporter): Destination => {
      if (exporter === 'otlp') return readOtlp(env, 'traces');
      if (exporter === 'console') return { kind: 'console' };
      const byDefault = 'http://localhost:9411/api/v2/spans';
      const endpoint = env.text('OTEL_EXPORTER_ZIPKIN_ENDPOINT');
      return {
        kind: 'zipkin',
        url: endpoint === undefined ? byDefault : env.url('OTEL_EXPORTER_ZIPKIN_ENDPOINT', endpoint, byDefault),
        timeoutMs: env.milliseconds(['OTEL_EXPORTER_ZIPKIN_TIMEOUT'], 10_000, 1),
      };
    },
  );
}

function readMetrics(env: Env): MetricsConfig {
  const exporters = readExporters(env, 'OTEL_METRICS_EXPORTER', ['otlp', 'console'], []);
  return {
    exporters,
    intervalMs: env.milliseconds(['OTEL_METRIC_EXPORT_INTERVAL'], 60_000, 1),
    timeoutMs: env.milliseconds(['OTEL_METRIC_EXPORT_TIMEOUT'], 30_000, 1),
    otlp: exporters.includes('otlp') ? readOtlp(env, 'metrics') : undefined,
  };
}

/** A signal's own variable counts before the one of all signals. */
function readOtlp(env: Env, signal: Signal): FullOtlpDestination {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`;
  const both = (name: string): [string, string] => [`${own}_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
  return {
    kind: 'otlp',
    url: readOtlpUrl(env, signal, `${own}_ENDPOINT`),
    headers: { ...env.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...env.pairs(`${own}_HEADERS`) },
    protocol: env.oneOf(both('PROTOCOL'), ['http/protobuf', 'http/json'], 'http/protobuf'),
    compression: env.oneOf(both('COMPRESSION'), ['none', 'gzip'], 'none'),
    timeoutMs: env.milliseconds(both('TIMEOUT'), 10_000, 1),
    ...readPems(env, { ca: both('CERTIFICATE'), cert: both('CLIENT_CERTIFICATE'), key: both('CLIENT_KEY') }),
  };
}

/** A signal's endpoint is used as it stands; the general one gets the signal's path (specification, OTLP exporter). */
function readOtlpUrl(env: Env, signal: Signal, ownName: string): string {
  const byDefault = `http://localhost:4318/v1/${signal}`;
  const own = env.text(ownName);
  if (own !== undefined) return env.url(ownName, own, byDefault);
  const general = env.text('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (general === undefined) return byDefault;
  const checked = env.url('OTEL_EXPORTER_OTLP_ENDPOINT', general, byDefault);
  if (checked === byDefault) return byDefault;
  const url = new URL(checked);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return url.href;
}

type Pem = 'ca' | 'cert' | 'key';

/** The texts, and the files they are from: certificates are renewed while the process runs. */
function readPems(
  env: Env,
  variables: Record<Pem, readonly string[]>,
): { [P in Pem]?: string } & { pemFiles?: { [P in Pem]?: string } } {
  const texts: { [P in Pem]?: string } = {};
  const pemFiles: { [P in Pem]?: string } = {};
  for (const pem of ['ca', 'cert', 'key'] as const) {
    const given = env.first(...variables[pem]);
    if (!given) continue;
    try {
      texts[pem] = readFileSync(given.value, 'utf8');
      pemFiles[pem] = resolve(given.value);
    } catch (error) {
      env.wrong(given.name, given.value, `cannot be read (${(error as NodeJS.ErrnoException).code}), it is left out`);
    }
  }
  return Object.keys(texts).length > 0 ? { ...texts, pemFiles } : {};
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
