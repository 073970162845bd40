/** A check that takes longer is named while it runs. */
const LATE_S = 3;
export const LIMIT_S = 10;
const TICK_MS = 100;

/**
 * Gives what a check found, or undefined where it takes too long. Time is counted in ticks of this process: what it does
 * not get on a busy machine does not count.
 *
 * @param late called once, while the check goes on
 */
export async function withinLimit<T>(check: Promise<T>, late: (seconds: number) => void): Promise<T | undefined> {
  let ticks = 0;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setInterval(() => {
    ticks++;
    if (ticks * TICK_MS === LATE_S * 1_000) late(LATE_S);
    if (ticks * TICK_MS === LIMIT_S * 1_000) resolve(undefined);
  }, TICK_MS);
  try {
    return await Promise.race([check, promise]);
  } finally {
    clearInterval(timer);
  }
}
