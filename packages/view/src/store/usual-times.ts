/** Operations whose times are known. */
const MOST = 2_000;
/** So many must have been seen before one is called slow. */
const LEAST = 20;
/** Slow is this many times what nine in ten take. */
const TIMES = 2;
/** How far a time moves what is known. */
const STEP = 0.05;

/** How long requests of an operation usually take, so that the slow ones are kept for longer. */
export class UsualTimes {
  readonly #known = new Map<string, { count: number; ninth: number }>();

  /** Takes the time of a request in milliseconds; true if it is slow. */
  isSlow(operation: string, ms: number): boolean {
    const known = this.#known.get(operation);
    if (!known) {
      if (this.#known.size < MOST) this.#known.set(operation, { count: 1, ninth: ms });
      return false;
    }
    const isSlow = known.count >= LEAST && ms > known.ninth * TIMES;
    known.count++;
    // Goes up by nine steps where it goes down by one: it comes to rest where one in ten is above it.
    known.ninth *= 1 + (ms > known.ninth ? 0.9 : -0.1) * STEP;
    return isSlow;
  }
}
