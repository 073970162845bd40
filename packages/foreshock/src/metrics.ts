import { metrics, type Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { report } from '@foreshock/kit';
import type { Config } from './config.ts';

const EXPORT_TIMEOUT_MS = 10_000;

/** Something of ours that is counted by reason; read at each collection. */
export interface Count {
  name: string;
  description: string;
  unit: string;
  read: () => Iterable<[reason: string, count: number]>;
}

/**
 * Collects and exports metrics with the SDK; read only when OTEL_METRICS_EXPORTER asks for it. The exporter
 * reads its own OTEL_EXPORTER_OTLP_* variables.
 *
 * @returns delivers what is left, for the end of the process; resolves whatever comes of it
 */
export function startMetrics(
  { metricsExporters, metricIntervalMs, flushMs }: Config,
  resource: Attributes,
  counts: readonly Count[],
): () => Promise<void> {
  // A request, with its retries, never outlasts what the end of the process may be put off by.
  const timeoutMillis = Math.min(EXPORT_TIMEOUT_MS, flushMs || EXPORT_TIMEOUT_MS);
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: metricsExporters.map(
      (exporter) =>
        new PeriodicExportingMetricReader({
          exporter: exporter === 'otlp' ? new OTLPMetricExporter({ timeoutMillis }) : new ConsoleMetricExporter(),
          exportIntervalMillis: metricIntervalMs,
          exportTimeoutMillis: Math.min(metricIntervalMs, timeoutMillis),
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
  return () => provider.forceFlush().catch((error: unknown) => report('delivering metrics', error));
}
