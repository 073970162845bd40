import { isMainThread } from 'node:worker_threads';
import { metrics, type Attributes, type ObservableResult } from '@opentelemetry/api';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type CollectionResult,
  type MetricData,
  type MetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { setTimeout as setReferencedTimeout } from 'node:timers';
import { collectAs, guard, log, report, VERSION } from '@foreshock/kit';
import { FORESHOCK_MEASUREMENTS_FOLDED, FORESHOCK_METRIC, FORESHOCK_WORKER } from '@foreshock/kit/names';
import { startAdmin, type AdminOptions } from './admin/admin-link.ts';
import type { Config, MetricsConfig } from './config.ts';
import { BoundedMeterProvider } from './metrics/bounded-meter.ts';
import { addProcess } from './metrics/process-metrics.ts';
import { prometheusText, type TextFormat } from './metrics/prometheus-text.ts';
import { reported } from './metrics/reported-exporter.ts';
import { addRuntimeMetrics } from './metrics/runtime-metrics.ts';
import { ScrapeReader } from './metrics/scrape-reader.ts';
import { WorkerPlaces } from './metrics/worker-places.ts';
import { answerScrapes, WorkerScrapes } from './metrics/worker-scrapes.ts';
import { unreferencedAgent } from './unreferenced-agent.ts';

type StartConfig = Pick<Config, 'metrics' | 'flushMs' | 'destinations' | 'admin'>;

/** By reason, read at each collection. */
export interface Count {
  name: string;
  description: string;
  unit: string;
  read: () => Iterable<[reason: string, count: number]>;
}

/**
 * Timers (`unreferenced-timers.ts`) and connections do not keep the process alive.
 *
 * @param admin of the main thread
 * @returns final export: within `flushMs`, never rejects
 */
export function startMetrics(
  { metrics: config, flushMs, destinations, admin: isScraped }: StartConfig,
  resource: Attributes,
  counts: readonly Count[],
  admin: AdminOptions | undefined,
): () => Promise<void> {
  const places = isMainThread ? WorkerPlaces.share() : WorkerPlaces.shared();
  const worker = isMainThread ? undefined : places?.take();
  if (!isMainThread && places && worker === undefined) {
    log('warn', 'foreshock: a worker thread has no metrics, as too many others are alive');
    return async () => {};
  }
  const pushed = config.exporters.map((exporter, index) => readAs(index, pushReader(exporter, config), worker));
  const scraped = admin || (isScraped && worker !== undefined) ? new ScrapeReader(worker) : undefined;
  const sdk = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: scraped ? [...pushed, scraped] : pushed,
  });
  const provider = new BoundedMeterProvider(sdk, destinations.length > 0);
  metrics.setGlobalMeterProvider(provider);
  const meter = provider.getMeter('foreshock', VERSION);
  for (const { name, description, unit, read } of counts) {
    meter.createObservableCounter(name, { description, unit }).addCallback((result) => {
      for (const [reason, count] of read()) result.observe(count, { reason });
    });
  }
  meter
    .createObservableCounter(FORESHOCK_MEASUREMENTS_FOLDED, {
      description: 'Measurements that are counted without their attributes, as their metric has too many sets of them',
      unit: '{measurement}',
    })
    .addCallback((result: ObservableResult) => {
      for (const [metric, count] of provider.folded()) result.observe(count, { [FORESHOCK_METRIC]: metric });
    });
  guard('metrics of the runtime', () => addRuntimeMetrics(meter));
  if (isMainThread) guard('metrics of the process', () => addProcess(meter));
  if (scraped && admin) startAdmin(admin, scrapeOf(scraped, new WorkerScrapes(places!), resource));
  else if (scraped) answerScrapes((...asked) => scraped.families(...asked));
  return async () => {
    const keepsProcess = setReferencedTimeout(() => {
      log('warn', `foreshock: metrics were not delivered within ${flushMs} ms at the end of the process`);
    }, flushMs);
    await sdk.forceFlush().catch((error: unknown) => report('delivering metrics', error));
    clearTimeout(keepsProcess);
  };
}

function pushReader(exporter: 'otlp' | 'console', config: MetricsConfig): MetricReader {
  const { intervalMs, timeoutMs } = config;
  return new PeriodicExportingMetricReader({
    exporter: exporter === 'otlp' ? otlpExporter(config) : new ConsoleMetricExporter(),
    exportIntervalMillis: intervalMs,
    // The SDK rejects time-outs above it.
    exportTimeoutMillis: Math.min(intervalMs, timeoutMs),
  });
}

function scrapeOf(reader: ScrapeReader, workers: WorkerScrapes, resource: Attributes) {
  return async (scraper: number, format: TextFormat): Promise<string> => {
    const [own, others] = await Promise.all([reader.families(scraper, format), workers.ask(scraper, format)]);
    return prometheusText(resource, [own, ...others], format);
  };
}

/** Peaks since this reader's last collection; of a worker thread, its number in each series. */
function readAs(reader: number, read: MetricReader, worker: number | undefined): MetricReader {
  const collect = read.collect.bind(read);
  read.collect = async (options) => {
    const collected = await collectAs(reader, () => collect(options));
    return worker === undefined ? collected : ofWorker(collected, worker);
  };
  return read;
}

/** Equal series of several threads would replace each other. */
function ofWorker({ resourceMetrics, errors }: CollectionResult, worker: number): CollectionResult {
  const attributed = (metric: MetricData): MetricData => {
    const dataPoints = metric.dataPoints.map((point) => ({
      ...point,
      attributes: { ...point.attributes, [FORESHOCK_WORKER]: worker },
    }));
    return { ...metric, dataPoints } as MetricData;
  };
  const scopeMetrics = resourceMetrics.scopeMetrics.map((each) => ({ ...each, metrics: each.metrics.map(attributed) }));
  return { resourceMetrics: { ...resourceMetrics, scopeMetrics }, errors };
}

function otlpExporter({ otlp }: MetricsConfig): PushMetricExporter {
  const { url, headers, timeoutMs, compression, protocol } = otlp!;
  const Exporter = protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  const exporter = new Exporter({
    url,
    headers,
    timeoutMillis: timeoutMs,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    httpAgentOptions: (protocolOfUrl) => unreferencedAgent(protocolOfUrl, otlp!),
  });
  return reported(exporter, url);
}
