import type { Counter, Meter, ObservableResult } from '@opentelemetry/api';
import { CACHE_HIT, CACHE_LOOKUPS, CACHE_NAME, CACHE_STAMPEDES } from '@foreshock/kit/names';

/** More are counted together: applications choose names. */
const MAX_CACHES = 200;

export class CacheMetrics {
  readonly #lookups = new Map<string, { hits: number; misses: number }>();
  readonly #stampedes: Counter;
  readonly #stop: () => void;

  constructor(meter: Meter) {
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

  stampede(cache: string): void {
    this.#stampedes.add(1, { [CACHE_NAME]: cache });
  }

  stop(): void {
    this.#stop();
  }
}
