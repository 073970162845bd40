/** Readers of metrics with peaks of their own; 0 and 1: exporters that push, from 2 on: scrapers. */
export const PEAK_READERS = 8;
export const FIRST_SCRAPER = 2;

/** Process-wide, as each bundle file has a copy of this one. */
const READER = Symbol.for('foreshock.peak-reader');
const global = globalThis as { [READER]?: number };

/** Runs a collection: each {@link Peak} is then read on behalf of this reader. */
export function collectAs<T>(reader: number, collect: () => T): T {
  global[READER] = reader;
  try {
    // The SDK calls the callbacks of observable instruments before its first `await` (sdk-metrics 3.1,
    // src/state/MetricCollector.ts).
    return collect();
  } finally {
    global[READER] = 0;
  }
}

/** The highest value since each reader's last collection: a gauge that is read every 30 s misses what is between. */
export class Peak {
  readonly #highest = new Float64Array(PEAK_READERS);

  raise(value: number): void {
    const highest = this.#highest;
    for (let i = 0; i < PEAK_READERS; i++) if (value > highest[i]!) highest[i] = value;
  }

  /** @param current where the reader's next interval begins */
  take(current: number): number {
    const reader = global[READER] ?? 0;
    const highest = Math.max(this.#highest[reader]!, current);
    this.#highest[reader] = current;
    return highest;
  }
}
