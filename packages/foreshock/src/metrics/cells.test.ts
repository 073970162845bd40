import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { BoundedMeterProvider } from './bounded-meter.ts';

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** By reader: the attributes and what has been counted, summed since the start. */
async function read(reader: Reader): Promise<unknown[]> {
  const { resourceMetrics } = await reader.collect();
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor: { name }, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [name, attributes, value]),
    ),
  );
}

it.each([1, 2])('the SDK is asked for a series’ place once a collection; %i readers', async (count) => {
  const readers = Array.from({ length: count }, () => new Reader());
  const provider = new MeterProvider({ readers });
  const made: any[] = [];
  const meter = provider.getMeter('test');
  for (const method of ['createHistogram', 'createCounter', 'createGauge'] as const) {
    const create: any = meter[method].bind(meter);
    meter[method] = (...given: any[]) => {
      const instrument = create(...given);
      made.push(instrument);
      return instrument;
    };
  }
  const bounded = new BoundedMeterProvider(provider, false).getMeter('test');
  const histogram = bounded.createHistogram('durations', { advice: { explicitBucketBoundaries: [1, 2] } });
  const counter = bounded.createCounter('calls');
  const gauge = bounded.createGauge('level');
  let asked = 0;
  for (const { _writableMetricStorage: storage } of made) {
    for (const each of storage._backingStorages ?? [storage]) {
      const record = each.record.bind(each);
      each.record = (...given: any[]) => void (asked++, record(...given));
    }
  }
  const measure = (): void => {
    histogram.record(1.5, { b: 1, a: 'x' });
    histogram.record(3);
    counter.add(2, { a: 'x', b: true });
    gauge.record(7, { a: 'x' });
  };

  const expected = (times: number): unknown[] => [
    ['durations', { a: 'x', b: 1 }, expect.objectContaining({ count: times, sum: 1.5 * times })],
    ['durations', {}, expect.objectContaining({ count: times, sum: 3 * times, max: 3 })],
    ['calls', { a: 'x', b: true }, 2 * times],
    ['level', { a: 'x' }, 7],
  ];
  for (let i = 0; i < 10; i++) measure();
  expect(asked).toBe(4 * count);
  for (const reader of readers) expect(await read(reader)).toEqual(expected(10));
  for (let i = 0; i < 10; i++) measure();
  expect(asked).toBe(8 * count);
  for (const reader of readers) expect(await read(reader)).toEqual(expected(20));
  await provider.shutdown();
});

it('leaves to the SDK what it refuses', async () => {
  const reader = new Reader();
  const provider = new MeterProvider({ readers: [reader] });
  const meter = new BoundedMeterProvider(provider, false).getMeter('test');
  const histogram = meter.createHistogram('durations');
  const counter = meter.createCounter('calls');
  for (const value of [1, -1, 'text' as never]) {
    histogram.record(value);
    counter.add(value);
  }
  expect(await read(reader)).toEqual([
    ['durations', {}, expect.objectContaining({ count: 1, sum: 1 })],
    ['calls', {}, 1],
  ]);
  await provider.shutdown();
});
