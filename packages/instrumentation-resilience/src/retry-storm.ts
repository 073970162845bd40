import type { Attributes } from '@opentelemetry/api';
import {
  RETRY_STORM_FIRST_TRIES,
  RETRY_STORM_JITTER,
  RETRY_STORM_RATE,
  RETRY_STORM_RESENDS,
  RETRY_STORM_TARGET,
} from '@foreshock/kit/names';

const WINDOW_MS = 10_000;
const BUCKETS = 10;
const BUCKET_MS = WINDOW_MS / BUCKETS;
const MIN_CALLS = 20;
/** Idle for a window, one is replaced. */
const MAX_TARGETS = 256;
const MAX_ORIGIN_LENGTH = 256;
/** Compared, latest first. */
const MAX_DELAYS = 64;
/** Timer inaccuracy. */
const SAME_MS = 5;
const SAME_PART = 0.05;

interface Bucket {
  /** Interval index since the epoch of `performance.now()`. */
  interval: number;
  firstTries: number;
  resends: number;
}

interface Delay {
  attempt: number;
  ms: number;
  at: number;
}

/** An origin's last ten seconds. */
class Target {
  readonly origin: string;
  readonly #buckets: Bucket[] = [];
  readonly #delays: Delay[] = [];
  calledAt = 0;
  /** When last beyond the ratio. */
  stormyAt = -Infinity;
  /** Certain: a policy's, or second repeat. */
  sureAt = -Infinity;

  constructor(origin: string) {
    this.origin = origin;
  }

  isOf(url: string): boolean {
    const { length } = this.origin;
    return url.startsWith(this.origin) && (url.length === length || url.charCodeAt(length) === SLASH);
  }

  count(resend: boolean, now: number): void {
    const interval = Math.floor(now / BUCKET_MS);
    let bucket = this.#buckets.at(-1);
    if (bucket?.interval !== interval) {
      this.#buckets.push((bucket = { interval, firstTries: 0, resends: 0 }));
      while (this.#buckets[0]!.interval <= interval - BUCKETS) this.#buckets.shift();
    }
    if (resend) bucket.resends++;
    else bucket.firstTries++;
  }

  delayed(attempt: number, ms: number, at: number): void {
    if (this.#delays.length >= MAX_DELAYS) this.#delays.shift();
    this.#delays.push({ attempt, ms, at });
  }

  get sums(): { firstTries: number; resends: number } {
    let [firstTries, resends] = [0, 0];
    for (const bucket of this.#buckets) {
      firstTries += bucket.firstTries;
      resends += bucket.resends;
    }
    return { firstTries, resends };
  }

  /** Whether delays before an attempt vary: most exceed the shortest. */
  jitter(now: number): boolean | undefined {
    const byAttempt = Map.groupBy(
      this.#delays.filter(({ at }) => now - at < WINDOW_MS),
      ({ attempt }) => attempt,
    );
    let most: Delay[] = [];
    for (const delays of byAttempt.values()) if (delays.length > most.length) most = delays;
    if (most.length < 2) return undefined;
    const shortest = Math.min(...most.map(({ ms }) => ms));
    const same = most.filter(({ ms }) => ms - shortest <= Math.max(SAME_MS, shortest * SAME_PART));
    return same.length * 2 <= most.length;
  }
}

const SLASH = 47;

/** First tries and resends per target. */
export class RetryStorms {
  readonly #ratio: number;
  readonly #targets = new Map<string, Target>();
  /** The likely next. */
  #target = new Target('');

  /** @param ratio per first try */
  constructor(ratio: number) {
    this.#ratio = ratio;
  }

  /**
   * @param delayMs if known
   * @param isSure a policy's, or a second repeat
   * @returns attributes of a storm that begins
   */
  sent(url: string, attempt: number, delayMs: number | undefined, now: number, isSure = true): Attributes | undefined {
    const target = this.#targetOf(url, now);
    if (!target) return undefined;
    target.calledAt = now;
    target.count(attempt > 1, now);
    if (attempt === 1) return undefined;
    if (isSure) target.sureAt = now;
    if (delayMs !== undefined) target.delayed(attempt, delayMs, now);
    const { firstTries, resends } = target.sums;
    if (firstTries + resends < MIN_CALLS || resends <= this.#ratio * firstTries) return undefined;
    if (now - target.sureAt >= WINDOW_MS) return undefined;
    const goesOn = now - target.stormyAt < WINDOW_MS;
    target.stormyAt = now;
    if (goesOn) return undefined;
    const storm: Attributes = {
      [RETRY_STORM_TARGET]: target.origin,
      [RETRY_STORM_FIRST_TRIES]: firstTries,
      [RETRY_STORM_RESENDS]: resends,
      [RETRY_STORM_RATE]: Math.round((resends / Math.max(1, firstTries)) * 100) / 100,
    };
    const jitter = target.jitter(now);
    if (jitter !== undefined) storm[RETRY_STORM_JITTER] = jitter;
    return storm;
  }

  #targetOf(url: string, now: number): Target | undefined {
    if (this.#target.isOf(url)) return this.#target;
    const origin = originOf(url);
    let target = this.#targets.get(origin);
    if (target) {
      this.#targets.delete(origin);
    } else {
      if (this.#targets.size >= MAX_TARGETS && !this.#forgetOldest(now)) return undefined;
      target = new Target(origin);
    }
    this.#targets.set(origin, target);
    return (this.#target = target);
  }

  /** @returns whether one was idle */
  #forgetOldest(now: number): boolean {
    const [oldest] = this.#targets.values();
    if (!oldest || now - oldest.calledAt < WINDOW_MS) return false;
    return this.#targets.delete(oldest.origin);
  }
}

function originOf(url: string): string {
  const scheme = url.indexOf('://');
  const slash = url.indexOf('/', scheme < 0 ? 0 : scheme + 3);
  return (slash < 0 ? url : url.slice(0, slash)).slice(0, MAX_ORIGIN_LENGTH);
}
