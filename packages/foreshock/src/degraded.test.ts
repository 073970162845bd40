import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { recordSpans } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { degraded, type DegradedMode } from './degraded.ts';

it('marks the active span and counts; wrong arguments do nothing', async () => {
  const recorded = recordSpans([]);
  // Before there is a provider: not counted, and remembered by nobody.
  degraded('stale', 'prices');
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  metrics.setGlobalMeterProvider(provider);
  onTestFinished(async () => {
    metrics.disable();
    recorded.stop();
    await provider.shutdown();
  });

  recorded.inSpan('cart', () => degraded('stale', 'prices'));
  recorded.inSpan('orders', () => degraded('read_only', 'x'.repeat(100)));
  recorded.inSpan('other', () => {
    degraded('slow' as DegradedMode, 'prices');
    degraded('feature_off', 42 as never);
  });
  degraded('fallback');
  const long = 'x'.repeat(64);
  expect(recorded.spans().map(({ name, attributes }) => [name, attributes])).toEqual([
    ['cart', { 'degraded.mode': 'stale', 'degraded.feature': 'prices' }],
    ['orders', { 'degraded.mode': 'read_only', 'degraded.feature': long }],
    ['other', { 'degraded.mode': 'feature_off' }],
  ]);
  await provider.forceFlush();
  const [{ dataPoints } = { dataPoints: [] }] = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
  expect(
    dataPoints.map(({ attributes, value }) => [attributes['degraded.mode'], attributes['degraded.feature'], value]),
  ).toEqual([
    ['stale', 'prices', 1],
    ['read_only', long, 1],
    ['feature_off', undefined, 1],
    ['fallback', undefined, 1],
  ]);
});
