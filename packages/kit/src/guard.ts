import { performance } from 'node:perf_hooks';
import { log } from './log.ts';

/** The next message counts repetitions. */
const LOG_EVERY_MS = 60_000;

// Saved because fake timers replace it.
const steadyNow: () => number = performance.now.bind(performance);

const logged = new Map<string, { at: number; suppressed: number }>();

/**
 * Logs our failures once per place and minute.
 *
 * @param place a constant such as `'pg connect'`
 */
export function report(place: string, error: unknown): void {
  const now = steadyNow();
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
 * Runs our code inside the application's: errors go to {@link report}.
 *
 * @returns undefined after one
 */
export function guard<R>(place: string, ours: () => R): R | undefined {
  try {
    return ours();
  } catch (error) {
    report(place, error);
    return undefined;
  }
}
