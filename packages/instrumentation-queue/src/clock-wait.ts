/** Beyond: perhaps clock errors, event times, replays. */
const MAX_WAIT_MS = 1_800_000;

/** Clock tolerance. */
const SKEW_MS = 10;

/**
 * @param dueAt milliseconds since 1970, by the sender's clock
 * @returns undefined when implausible
 */
export function waitedSince(dueAt: number): number | undefined {
  const waited = Date.now() - dueAt;
  return waited >= -SKEW_MS && waited <= MAX_WAIT_MS ? Math.max(0, waited) : undefined;
}
