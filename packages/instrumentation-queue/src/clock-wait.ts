/** A longer wait by two clocks is as likely clock error, an event's own time or a replay. */
const MAX_WAIT_MS = 1_800_000;

/** Tolerance between synchronized clocks. */
const SKEW_MS = 10;

/**
 * Wait since the due time.
 *
 * @param dueAt milliseconds since 1970, by the sender's clock
 * @returns undefined when not due yet or implausibly old
 */
export function waitedSince(dueAt: number): number | undefined {
  const waited = Date.now() - dueAt;
  return waited >= -SKEW_MS && waited <= MAX_WAIT_MS ? Math.max(0, waited) : undefined;
}
