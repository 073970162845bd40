import type { Span } from '@opentelemetry/api';
import type { Repeated } from './retry-summary.ts';

/** Longest delay between failure and retry. */
const MAX_DELAY_MS = 30_000;

export class FailedCall {
  readonly identity: string;
  /** For the same operation. */
  readonly resends: number;
  /** Undefined at first. */
  loop: Repeated | undefined;
  /** Failed before it began. */
  #earlier: readonly FailedCall[];
  readonly endedAt = performance.now();
  /** Ended spans between caller and call. */
  below = '';
  #isRetried = false;
  #isOneOfSeveral = false;

  constructor(identity: string, resends: number, loop: Repeated | undefined, earlier: readonly FailedCall[]) {
    this.identity = identity;
    this.resends = resends;
    this.loop = loop;
    this.#earlier = earlier;
  }

  get isRetried(): boolean {
    return this.#isRetried;
  }

  /** Releases earlier calls: an endless loop keeps only the latest. */
  retried(): void {
    this.#isRetried = true;
    this.loop = undefined;
    this.#earlier = [];
  }

  /** Concurrent identical requests are no loop. */
  besides(other: FailedCall): void {
    if (other.identity !== this.identity || other.#isRetried || this.#earlier.includes(other)) return;
    this.#isOneOfSeveral = other.#isOneOfSeveral = true;
  }

  isRetriedBy(identity: string, startedAt: number): boolean {
    return (
      !this.isRetried && !this.#isOneOfSeveral && startedAt - this.endedAt <= MAX_DELAY_MS && identity === this.identity
    );
  }
}

/** Oldest go first. */
const MAX_FAILED = 64;
const failedCalls = new WeakMap<Span, FailedCall[]>();
let lastAt = -Infinity;

/** Skips all work while nothing fails. */
export function someFailedLately(now: number): boolean {
  return now - lastAt <= MAX_DELAY_MS;
}

export function rememberFailed(caller: Span | undefined, failed: FailedCall): void {
  lastAt = performance.now();
  if (!caller) return;
  let calls = failedCalls.get(caller);
  if (!calls) failedCalls.set(caller, (calls = []));
  for (const other of calls) failed.besides(other);
  if (calls.length >= MAX_FAILED) calls.shift();
  calls.push(failed);
}

export function failedCallsOf(caller: Span): readonly FailedCall[] | undefined {
  return failedCalls.get(caller);
}

/** An attempt's own span ends with it, so its parent takes the failures. */
export function handOver(from: Span, to: Span, name: string): void {
  const calls = failedCalls.get(from);
  if (!calls) return;
  failedCalls.delete(from);
  for (const call of calls) {
    if (call.isRetried) continue;
    call.below = pathBelow(name, call.below);
    rememberFailed(to, call);
  }
}

/** `attempt 1` and `attempt 2` are the same place; `customer 1` and `customer 2` are not. */
export function pathBelow(name: string, below: string): string {
  return `${name.replace(NUMBER_OF_ATTEMPT, '$1#')}/${below}`;
}

const NUMBER_OF_ATTEMPT = /\b(attempt|retry|try)[ #:._-]{0,2}\d+/gi;
