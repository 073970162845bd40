import type { Attributes, Counter, Histogram, Meter, ObservableResult } from '@opentelemetry/api';
import { CACHE_HIT, CACHE_LOOKUPS, CACHE_NAME, CACHE_STAMPEDES, POOL_NAME } from '@foreshock/kit/names';

/** Caches are named by the application: more of them than this are counted together. */
const MAX_CACHES = 200;
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** What the caches of one adapter did, while metrics are collected. */
export class CacheMetrics {
  readonly #lookups = new Map<string, { hits: number; misses: number }>();
  readonly #duration: Histogram;
  readonly #poolWait: Histogram;
  readonly #poolTimeouts: Counter;
  readonly #stampedes: Counter;
  readonly #stop: () => void;

  constructor(meter: Meter) {
    const histogram = (name: string, description: string): Histogram =>
      meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: SECONDS } });
    this.#duration = histogram('db.client.operation.duration', 'Duration of database client operations');
    this.#poolWait = histogram(
      'db.client.connection.wait_time',
      'The time it took to obtain an open connection from the pool',
    );
    this.#poolTimeouts = meter.createCounter('db.client.connection.timeouts', {
      description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool',
      unit: '{timeout}',
    });
    this.#stampedes = meter.createCounter(CACHE_STAMPEDES, {
      description: 'Keys that were missed by many callers at a time',
      unit: '{stampede}',
    });
    const lookups = meter.createObservableCounter(CACHE_LOOKUPS, {
      description: 'Keys looked up in a cache',
      unit: '{key}',
    });
    const observe = (result: ObservableResult): void => {
      for (const [name, { hits, misses }] of this.#lookups) {
        result.observe(hits, { [CACHE_NAME]: name, [CACHE_HIT]: true });
        result.observe(misses, { [CACHE_NAME]: name, [CACHE_HIT]: false });
      }
    };
    lookups.addCallback(observe);
    this.#stop = () => lookups.removeCallback(observe);
  }

  lookedUp(cache: string, hits: number, misses: number): void {
    let sum = this.#lookups.get(cache);
    if (!sum) {
      const name = this.#lookups.size < MAX_CACHES ? cache : '_OTHER';
      sum = this.#lookups.get(name);
      if (!sum) this.#lookups.set(name, (sum = { hits: 0, misses: 0 }));
    }
    sum.hits += hits;
    sum.misses += misses;
  }

  operated(seconds: number, attributes: Attributes): void {
    this.#duration.record(seconds, attributes);
  }

  waited(pool: string, seconds: number): void {
    this.#poolWait.record(seconds, { [POOL_NAME]: pool });
  }

  timedOut(pool: string): void {
    this.#poolTimeouts.add(1, { [POOL_NAME]: pool });
  }

  stampede(cache: string): void {
    this.#stampedes.add(1, { [CACHE_NAME]: cache });
  }

  stop(): void {
    this.#stop();
  }
}
