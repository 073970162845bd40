import type { Span } from '@opentelemetry/api';
import type { Repeated } from './retry-summary.ts';

/** Longest time between a failure and the call that is its retry. */
const MAX_DELAY_MS = 30_000;

/** A call that failed, and may be sent again once. */
export class FailedCall {
  readonly identity: string;
  /** Requests sent before it for the same operation. */
  readonly resends: number;
  /** The loop it was a repeat of; undefined: it was the first attempt. */
  loop: Repeated | undefined;
  /** Calls that had failed when it began. */
  #earlier: readonly FailedCall[];
  readonly endedAt = performance.now();
  /** Names of the spans between the caller and the call, which have ended since. */
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

  /** It has been sent again; of a loop that goes on for days nothing is kept but the latest. */
  retried(): void {
    this.#isRetried = true;
    this.loop = undefined;
    this.#earlier = [];
  }

  /** Another failure of the same caller: who sends one request several times at once is no loop. */
  besides(other: FailedCall): void {
    if (other.identity !== this.identity || other.#isRetried || this.#earlier.includes(other)) return;
    this.#isOneOfSeveral = other.#isOneOfSeveral = true;
  }

  /** Whether a request with this identity, sent at that time, is this one again. */
  isRetriedBy(identity: string, startedAt: number): boolean {
    return (
      !this.isRetried && !this.#isOneOfSeveral && startedAt - this.endedAt <= MAX_DELAY_MS && identity === this.identity
    );
  }
}

/** Failed calls one caller is remembered to have made; the oldest are forgotten. */
const MAX_FAILED = 64;
const failedCalls = new WeakMap<Span, FailedCall[]>();
let lastAt = -Infinity;

/** Whether any call failed lately: while none does, nothing is looked for. */
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

/** The caller's own caller takes over what failed: a span around each attempt ends with it. */
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
