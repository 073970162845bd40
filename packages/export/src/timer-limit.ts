/** Beyond, Node warns and fires after 1 ms (`TimeoutOverflowWarning`). */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), MAX_TIMER_MS);
}
