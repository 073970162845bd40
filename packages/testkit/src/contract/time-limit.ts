/** For naming slow checks. */
const LATE_S = 3;
export const LIMIT_S = 10;
const TICK_MS = 100;

/**
 * Undefined if too slow. Counts this process's ticks: the machine may be busy.
 *
 * @param late called once, when slow
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
