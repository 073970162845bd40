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
/** Fewer calls say nothing about a rate. */
const MIN_CALLS = 20;
/** Targets that are counted at a time: a new one takes the place of one that was not called for a whole window. */
const MAX_TARGETS = 256;
/** Longest name of one, in characters. */
const MAX_ORIGIN_LENGTH = 256;
/** The latest delays before resends that are compared. */
const MAX_DELAYS = 64;
/** Delays that differ by no more than a timer is late are the same delay. */
const SAME_MS = 5;
const SAME_PART = 0.05;

interface Bucket {
  /** Number of the interval since the epoch of `performance.now()`. */
  interval: number;
  firstTries: number;
  resends: number;
}

interface Delay {
  attempt: number;
  ms: number;
  at: number;
}

/** What was sent to one target, an origin, in the last ten seconds. */
class Target {
  readonly origin: string;
  readonly #buckets: Bucket[] = [];
  readonly #delays: Delay[] = [];
  calledAt = 0;
  /** When its resends were last too many. */
  stormyAt = -Infinity;
  /** When a resend was last known for what it is: by its policy, or as the second repeat of one request. */
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

  /** Whether callers spread their resends: of the delays before the same attempt, most are not the shortest one. */
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

/** Counts first tries and resends per target, and tells when there are too many of these. */
export class RetryStorms {
  readonly #ratio: number;
  readonly #targets = new Map<string, Target>();
  /** The one that was called last, as it is likely to be again. */
  #target = new Target('');

  /** @param ratio resends per first try from which on they are a storm */
  constructor(ratio: number) {
    this.#ratio = ratio;
  }

  /**
   * A call is sent.
   *
   * @param delayMs before it, for a resend, if known
   * @param isSure a policy sends it again, or it is the second repeat of one request: a single one may be chance
   * @returns what to tell of the storm that begins with it
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

  /** @returns whether there was one that may be forgotten */
  #forgetOldest(now: number): boolean {
    const [oldest] = this.#targets.values();
    if (!oldest || now - oldest.calledAt < WINDOW_MS) return false;
    return this.#targets.delete(oldest.origin);
  }
}

/** `https://host:port` of a URL. */
function originOf(url: string): string {
  const scheme = url.indexOf('://');
  const slash = url.indexOf('/', scheme < 0 ? 0 : scheme + 3);
  return (slash < 0 ? url : url.slice(0, slash)).slice(0, MAX_ORIGIN_LENGTH);
}
