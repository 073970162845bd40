import { metrics, type Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

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
  return () => provider.forceFlush();
}
