import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Meter } from '@opentelemetry/api';
import { detachedTimeout, guard, Peak } from '@foreshock/kit';

/** Resolution of the event loop's delay, which Node includes. */
const DELAY_MS = 20;
/** From the semantic conventions, seconds. */
const GC_BUCKETS = [0.01, 0.1, 1, 10];
/** `detail.kind` in Node (`perf_hooks.constants`). */
const GC_TYPES: Readonly<Record<number, string>> = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };

/** Missing in the types. */
interface GcEntry {
  readonly detail: { readonly kind: number };
}

/** This thread's `nodejs.*` and `v8js.*` of the semantic conventions. */
export function addRuntimeMetrics(meter: Meter): void {
  addEventLoop(meter);
  addGc(meter);
  addHeap(meter);
}

function addEventLoop(meter: Meter): void {
  const peak = new Peak();
  const delay = monitorEventLoopDelay({ resolution: DELAY_MS });
  delay.enable();
  const gauge = (name: string, description: string) =>
    meter.createObservableGauge(`nodejs.eventloop.delay.${name}`, { description, unit: 's' });
  const seconds = (ns: number): number => Math.max(0, ns / 1e9 - DELAY_MS / 1_000);
  const max = gauge('max', 'The longest delay of the event loop since the last collection by the same reader.');
  const of = {
    min: gauge('min', 'The shortest delay of the event loop since the last collection.'),
    mean: gauge('mean', 'The mean delay of the event loop since the last collection.'),
    stddev: gauge('stddev', 'The standard deviation of the delay of the event loop since the last collection.'),
    p50: gauge('p50', 'The median delay of the event loop since the last collection.'),
    p90: gauge('p90', 'The 90th percentile of the delay of the event loop since the last collection.'),
    p99: gauge('p99', 'The 99th percentile of the delay of the event loop since the last collection.'),
  };
  meter.addBatchObservableCallback(
    (result) => {
      const hasSamples = delay.count > 0;
      if (hasSamples) peak.raise(seconds(delay.max));
      result.observe(max, peak.take(0));
      if (!hasSamples) return;
      result.observe(of.min, seconds(delay.min));
      result.observe(of.mean, seconds(delay.mean));
      result.observe(of.stddev, delay.stddev / 1e9);
      for (const percent of [50, 90, 99] as const) {
        result.observe(of[`p${percent}`], seconds(delay.percentile(percent)));
      }
      delay.reset();
      measureFirstDelay(DELAY_MS, (ms) => peak.raise(ms / 1_000));
    },
    [max, ...Object.values(of)],
  );

  const time = meter.createObservableCounter('nodejs.eventloop.time', {
    description: 'Cumulative duration of time the event loop has been in each state.',
    unit: 's',
  });
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', {
    description: 'Share of the time since the last collection in which the event loop was active.',
    unit: '1',
  });
  let last = performance.eventLoopUtilization();
  meter.addBatchObservableCallback(
    (result) => {
      const now = performance.eventLoopUtilization();
      result.observe(time, now.active / 1_000, { 'nodejs.eventloop.state': 'active' });
      result.observe(time, now.idle / 1_000, { 'nodejs.eventloop.state': 'idle' });
      result.observe(utilization, performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
    [time, utilization],
  );
}

/**
 * A histogram that was reset takes nothing from its first turn (Node 22 to 26, src/histogram.cc, `Reset` and
 * `RecordDelta`).
 */
function measureFirstDelay(dueMs: number, onDelay: (ms: number) => void): void {
  const due = performance.now() + dueMs;
  detachedTimeout('measuring the event loop', () => onDelay(Math.max(0, performance.now() - due)), dueMs);
}

function addGc(meter: Meter): void {
  const duration = meter.createHistogram('v8js.gc.duration', {
    description: 'Garbage collection duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: GC_BUCKETS },
  });
  new PerformanceObserver((list) =>
    guard('measuring garbage collection', () => {
      for (const entry of list.getEntries()) {
        const { kind } = (entry as unknown as GcEntry).detail;
        duration.record(entry.duration / 1_000, { 'v8js.gc.type': GC_TYPES[kind] ?? '_OTHER' });
      }
    }),
  ).observe({ type: 'gc' });
}

function addHeap(meter: Meter): void {
  const gauge = (name: string, description: string) =>
    meter.createObservableUpDownCounter(name, { description, unit: 'By' });
  const of = {
    limit: gauge('v8js.memory.heap.limit', 'Total heap memory size pre-allocated.'),
    used: gauge('v8js.memory.heap.used', 'Heap memory size allocated.'),
    available: gauge('v8js.memory.heap.space.available_size', 'Heap space available size.'),
    physical: gauge('v8js.memory.heap.space.physical_size', 'Committed size of a heap space.'),
  };
  meter.addBatchObservableCallback((result) => {
    for (const space of getHeapSpaceStatistics()) {
      const attributes = { 'v8js.heap.space.name': space.space_name };
      result.observe(of.limit, space.space_size, attributes);
      result.observe(of.used, space.space_used_size, attributes);
      result.observe(of.available, space.space_available_size, attributes);
      result.observe(of.physical, space.physical_space_size, attributes);
    }
  }, Object.values(of));
}
