import { MAX_EXPORT_BATCH_SIZE, type Destination } from '@foreshock/export';
import {
  readDestinations,
  readExporters,
  readLogDestinations,
  readOtlp,
  type FullOtlpDestination,
} from './destinations.ts';
import type { Env } from './env.ts';
import { readPluginConfig, type PluginConfig } from './plugin-config.ts';
import { DEFAULT_SPAN_LIMITS, type SpanLimits } from './tracer/span-limits.ts';

/** Read at start. Names and defaults: OpenTelemetry's, or FORESHOCK_*. */
export interface Config extends PluginConfig {
  destinations: Destination[];
  /** OTEL_LOGS_EXPORTER; default none, unlike the specification. */
  logDestinations: Destination[];
  batch: {
    /** OTEL_BSP_SCHEDULE_DELAY, ms. */
    scheduleDelayMs: number;
    /** OTEL_BSP_EXPORT_TIMEOUT, ms. */
    exportTimeoutMs: number;
    /** OTEL_BSP_MAX_QUEUE_SIZE, spans; default: limited by the spool, to about 35,000. */
    maxQueueSize: number | undefined;
    /** OTEL_BSP_MAX_EXPORT_BATCH_SIZE, spans. */
    maxExportBatchSize: number;
  };
  /** FORESHOCK_SPOOL_BYTES: memory for unsent spans, bytes. */
  spoolBytes: number;
  /** FORESHOCK_FLUSH_MS: longest delay of the end, ms. */
  flushMs: number;
  /** FORESHOCK_BLOCK_MS: reports an ongoing event loop block after this; 0: never. */
  blockMs: number;
  /** FORESHOCK_HEAP_PROFILE: samples allocations above 70 % of the heap's limit. Default false. */
  heapProfile: boolean;
  sampler: { name: SamplerName; ratio: number };
  spanLimits: SpanLimits;
  metrics: MetricsConfig;
  /** Undefined: none. */
  admin: AdminConfig | undefined;
}

/** Serves `/metrics`, `/healthz` and `/readyz`. */
export interface AdminConfig {
  /** FORESHOCK_ADMIN_PORT. */
  port: number;
  /** FORESHOCK_ADMIN_HOST; default 127.0.0.1. */
  host: string;
  /** FORESHOCK_HEALTH_HTTP: URLs of services this depends on. */
  healthUrls: string[];
  /** FORESHOCK_HEALTH_POOLS: `/readyz` also asks by the application's pools. Default false. */
  healthPools: boolean;
}

export interface MetricsConfig {
  /** OTEL_METRICS_EXPORTER; default none, unlike the specification. */
  exporters: ('otlp' | 'console')[];
  /** OTEL_METRIC_EXPORT_INTERVAL, ms. */
  intervalMs: number;
  /** OTEL_METRIC_EXPORT_TIMEOUT, ms, of collection and export. */
  timeoutMs: number;
  /** OTEL_EXPORTER_OTLP_METRICS_*, or the general variables. */
  otlp: FullOtlpDestination | undefined;
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
/** Variables that users may expect to work. */
const UNREAD = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE', 'OTEL_NODE_RESOURCE_DETECTORS'];

/** The specification's: 512 of 2,048. */
const BATCHES_IN_QUEUE = 4;

export type SamplerName = (typeof SAMPLERS)[number];

export function readConfig(env: Env): Config {
  const valueLength = env.integer(['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'], DEFAULT_SPAN_LIMITS.attributeValueLengthLimit);
  const count = env.integer(['OTEL_ATTRIBUTE_COUNT_LIMIT'], DEFAULT_SPAN_LIMITS.attributeCountLimit);
  const maxQueueSize = env.first('OTEL_BSP_MAX_QUEUE_SIZE') && env.integer(['OTEL_BSP_MAX_QUEUE_SIZE'], 2048, 1);
  // While one is sent, the queue has room for others.
  const ofQueue = Math.max(1, Math.floor((maxQueueSize ?? Infinity) / BATCHES_IN_QUEUE));
  const maxExportBatchSize = env.integer(
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    Math.min(MAX_EXPORT_BATCH_SIZE, ofQueue),
    1,
  );
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
    logDestinations: readLogDestinations(env),
    batch: {
      scheduleDelayMs: env.milliseconds(['OTEL_BSP_SCHEDULE_DELAY'], 5000),
      exportTimeoutMs: env.milliseconds(['OTEL_BSP_EXPORT_TIMEOUT'], 30_000),
      maxQueueSize,
      maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize ?? Infinity),
    },
    spoolBytes: env.integer(['FORESHOCK_SPOOL_BYTES'], 16 * 1024 * 1024, 64 * 1024),
    flushMs: env.milliseconds(['FORESHOCK_FLUSH_MS'], 2000),
    blockMs: env.milliseconds(['FORESHOCK_BLOCK_MS'], 1000),
    heapProfile: env.boolean('FORESHOCK_HEAP_PROFILE', false),
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
    admin: readAdmin(env),
  };
}

function readAdmin(env: Env): AdminConfig | undefined {
  const port = env.integer(['FORESHOCK_ADMIN_PORT'], 0);
  if (port === 0) return undefined;
  if (port > 65_535) {
    env.wrong('FORESHOCK_ADMIN_PORT', String(port), 'is no port, there is no /metrics, /healthz and /readyz');
    return undefined;
  }
  const name = 'FORESHOCK_HEALTH_HTTP';
  return {
    port,
    host: env.text('FORESHOCK_ADMIN_HOST') ?? '127.0.0.1',
    healthUrls: env.list(name)?.filter((url) => env.isUrl(name, url, 'it is left out')) ?? [],
    healthPools: env.boolean('FORESHOCK_HEALTH_POOLS', false),
  };
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

function readSampler(env: Env): Config['sampler'] {
  const name = env.oneOf(['OTEL_TRACES_SAMPLER'], SAMPLERS, 'parentbased_always_on');
  const argument = env.text('OTEL_TRACES_SAMPLER_ARG');
  if (!name.endsWith('traceidratio') || argument === undefined) return { name, ratio: 1 };
  const ratio = Number(argument);
  if (ratio >= 0 && ratio <= 1) return { name, ratio };
  env.wrong('OTEL_TRACES_SAMPLER_ARG', argument, 'is not a number from 0 to 1, 1 is used');
  return { name, ratio: 1 };
}
