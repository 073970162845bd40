import { log } from './log.ts';

/** Repeated failures in one place are counted into its next log message. */
const LOG_EVERY_MS = 60_000;

const logged = new Map<string, { at: number; suppressed: number }>();

/**
 * Logs a failure of ours once per place and minute, so that a hot path does not flood the service's log.
 *
 * @param place a constant such as `'pg connect'`; key for rate limiting
 */
export function report(place: string, error: unknown): void {
  const now = Date.now();
  const last = logged.get(place);
  if (last && now - last.at < LOG_EVERY_MS) {
    last.suppressed++;
    return;
  }
  logged.set(place, { at: now, suppressed: 0 });
  const more = last?.suppressed ? ` (and ${last.suppressed} times since the last line)` : '';
  log('error', `foreshock: ${place} failed, the application is not affected${more}`, error);
}

/**
 * Runs our code inside an application's call: errors go to {@link report}, never to the caller.
 *
 * @returns undefined if `ours` threw
 */
export function guard<R>(place: string, ours: () => R): R | undefined {
  try {
    return ours();
  } catch (error) {
    report(place, error);
    return undefined;
  }
}
