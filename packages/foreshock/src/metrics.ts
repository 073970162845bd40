import { metrics, type Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

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
 * @returns delivers what is left, for the end of the process
 */
export function startMetrics(
  exporters: readonly ('otlp' | 'console')[],
  intervalMs: number,
  resource: Attributes,
  counts: readonly Count[],
): () => Promise<void> {
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: exporters.map(
      (exporter) =>
        new PeriodicExportingMetricReader({
          exporter: exporter === 'otlp' ? new OTLPMetricExporter() : new ConsoleMetricExporter(),
          exportIntervalMillis: intervalMs,
          exportTimeoutMillis: Math.min(intervalMs, 30_000),
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
  return () => provider.forceFlush();
}
