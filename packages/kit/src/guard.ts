import { log } from './log.ts';

/** A fault of ours is logged this often per place; the rest is counted into the next line. */
const LOG_EVERY_MS = 60_000;

const logged = new Map<string, { at: number; suppressed: number }>();

/**
 * Logs that something of ours failed. Once per place and minute: telemetry that
 * fails in a hot path must not flood the log of the service it watches.
 *
 * @param place where it happened, a constant such as `'pg connect'`; the key for rate limiting
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
 * Runs code of ours inside somebody's request: whatever it throws goes to {@link report}, never to
 * the caller.
 *
 * @returns what `ours` returned, or undefined when it threw
 */
export function guard<R>(place: string, ours: () => R): R | undefined {
  try {
    return ours();
  } catch (error) {
    report(place, error);
    return undefined;
  }
}
