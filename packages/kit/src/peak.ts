/** Readers with peaks of their own; 0 and 1: push exporters, from 2: scrapers. */
export const PEAK_READERS = 8;
export const FIRST_SCRAPER = 2;

/** Process-wide: bundle files have copies. */
const READER = Symbol.for('foreshock.peak-reader');
const global = globalThis as { [READER]?: number };

/** Collects for this reader: each {@link Peak} is read on its behalf. */
export function collectAs<T>(reader: number, collect: () => T): T {
  global[READER] = reader;
  try {
    // The SDK calls observable instruments' callbacks before its first `await` (sdk-metrics 3.1,
    // src/state/MetricCollector.ts).
    return collect();
  } finally {
    global[READER] = 0;
  }
}

/** The highest since each reader's last collection. */
export class Peak {
  readonly #highest = new Float64Array(PEAK_READERS);

  raise(value: number): void {
    const highest = this.#highest;
    for (let i = 0; i < PEAK_READERS; i++) if (value > highest[i]!) highest[i] = value;
  }

  /** @param current begins the reader's next interval */
  take(current: number): number {
    const reader = global[READER] ?? 0;
    const highest = Math.max(this.#highest[reader]!, current);
    this.#highest[reader] = current;
    return highest;
  }
}
