/**
 * Waits that two machines' clocks make out between them are not said beyond half an hour: then a clock that is off, an
 * event's own time or a replay is as likely.
 */
const MAX_WAIT_MS = 1_800_000;

/** Clocks of machines that agree differ by this. */
const SKEW_MS = 10;

/**
 * How long a message has been due.
 *
 * @param dueAt milliseconds since 1970, by the clock of whoever wrote it down
 * @returns undefined when that cannot be: not due yet, or too long ago to tell from a clock that is off
 */
export function waitedSince(dueAt: number): number | undefined {
  const waited = Date.now() - dueAt;
  return waited >= -SKEW_MS && waited <= MAX_WAIT_MS ? Math.max(0, waited) : undefined;
}
