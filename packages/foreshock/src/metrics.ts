import { metrics, type Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { setTimeout as setReferencedTimeout } from 'node:timers';
import { log, report } from '@foreshock/kit';
import type { Config, MetricsConfig } from './config.ts';
import { unreferencedAgent } from './unreferenced-agent.ts';

/** A count by reason, read at each collection. */
export interface Count {
  name: string;
  description: string;
  unit: string;
  read: () => Iterable<[reason: string, count: number]>;
}

/**
 * Loaded only for OTEL_METRICS_EXPORTER. Its timers (`unreferenced-timers.ts`) and connections do not keep the process
 * alive.
 *
 * @returns final export: takes `flushMs` at most, never rejects
 */
export function startMetrics(
  { metrics: config, flushMs }: Pick<Config, 'metrics' | 'flushMs'>,
  resource: Attributes,
  counts: readonly Count[],
): () => Promise<void> {
  const { exporters, intervalMs } = config;
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: exporters.map(
      (exporter) =>
        new PeriodicExportingMetricReader({
          exporter: exporter === 'otlp' ? otlpExporter(config) : new ConsoleMetricExporter(),
          exportIntervalMillis: intervalMs,
          // The SDK rejects a time-out above the interval.
          exportTimeoutMillis: Math.min(intervalMs, config.timeoutMs),
        }),
    ),
  });
  metrics.setGlobalMeterProvider(provider);
  const meter = provider.getMeter('foreshock');
  for (const { name, description, unit, read } of counts) {
    meter.createObservableCounter(name, { description, unit }).addCallback((result) => {
      for (const [reason, count] of read()) result.observe(count, { reason });
    });
  }
  return async () => {
    const keepsProcess = setReferencedTimeout(() => {
      log('warn', `foreshock: metrics were not delivered within ${flushMs} ms at the end of the process`);
    }, flushMs);
    await provider.forceFlush().catch((error: unknown) => report('delivering metrics', error));
    clearTimeout(keepsProcess);
  };
}

function otlpExporter({ otlp }: MetricsConfig): PushMetricExporter {
  const { url, headers, timeoutMs, compression, protocol } = otlp!;
  const Exporter = protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  return new Exporter({
    url,
    headers,
    timeoutMillis: timeoutMs,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    httpAgentOptions: (protocolOfUrl) => unreferencedAgent(protocolOfUrl, otlp!),
  });
}
