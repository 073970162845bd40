import { context, trace } from '@opentelemetry/api';
import { report } from '@foreshock/kit';
import type { CacheMetrics } from './cache-metrics.ts';
import type { LocalOutcome } from './events.ts';
import { countOnSpan } from './local-tally.ts';
import type { Stampedes } from './stampedes.ts';

/** Counted, without spans. */
export class LocalLookups {
  readonly #stampedes: Stampedes;
  readonly #shape: (key: string) => string;
  readonly #metrics: () => CacheMetrics | undefined;
  readonly #ids = new WeakMap<object, string>();
  #caches = 0;

  constructor(stampedes: Stampedes, shape: (key: string) => string, metrics: () => CacheMetrics | undefined) {
    this.#stampedes = stampedes;
    this.#shape = shape;
    this.#metrics = metrics;
  }

  lookup(cache: object, name: string, key: unknown, outcome: LocalOutcome): void {
    try {
      const where = context.active();
      const span = trace.getSpan(where);
      if (span) countOnSpan(span, outcome);
      const isHit = outcome === 'hit';
      this.#metrics()?.lookedUp(name, isHit ? 1 : 0, isHit ? 0 : 1);
      const id = isHit ? undefined : this.#id(cache, key);
      if (id === undefined) return;
      this.#stampedes.missed({
        id,
        cache: name,
        shape: () => this.#shape(String(key)),
        where,
        since: this.#stampedes.misses,
        coalesced: outcome === 'coalesced',
      });
    } catch (error) {
      report('cache lookup', error);
    }
  }

  filled(cache: object, key: unknown): void {
    try {
      if (!this.#stampedes.open) return;
      const id = this.#id(cache, key);
      if (id !== undefined) this.#stampedes.filled(id, context.active());
    } catch (error) {
      report('cache fill', error);
    }
  }

  /** Undefined unless string or number. */
  #id(cache: object, key: unknown): string | undefined {
    if (typeof key !== 'string' && typeof key !== 'number') return undefined;
    let id = this.#ids.get(cache);
    if (id === undefined) this.#ids.set(cache, (id = `#${++this.#caches}`));
    return `${id}\0${String(key).slice(0, 1_024)}`;
  }
}
