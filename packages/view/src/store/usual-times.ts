const MOST = 2_000;
/** Fewer do not show slowness. */
const LEAST = 20;
/** Slow: so many times the 90th percentile. */
const TIMES = 2;
const STEP = 0.05;

/** Slow requests are kept longer. */
export class UsualTimes {
  readonly #known = new Map<string, { count: number; ninth: number }>();

  /** Records milliseconds; returns whether slow. */
  isSlow(operation: string, ms: number): boolean {
    const known = this.#known.get(operation);
    if (!known) {
      if (this.#known.size < MOST) this.#known.set(operation, { count: 1, ninth: ms });
      return false;
    }
    const isSlow = known.count >= LEAST && ms > known.ninth * TIMES;
    known.count++;
    // Nine up or one down converge there.
    known.ninth *= 1 + (ms > known.ninth ? 0.9 : -0.1) * STEP;
    return isSlow;
  }
}
