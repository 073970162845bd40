import { AsyncResource, executionAsyncId, executionAsyncResource, triggerAsyncId } from 'node:async_hooks';

/** Codes of a time-out: the kernel's, got's and request's, Node's happy eyeballs, agentkeepalive's, undici's three. */
const TIME_OUT_CODES = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_SOCKET_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** Codes of a call that was let go of: Node's, undici's, axios's, and what a connection closed by its own side looks like. */
const LET_GO_CODES = new Set([
  'ABORT_ERR',
  'UND_ERR_ABORTED',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
  'ERR_CANCELED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ECONNRESET',
]);

interface Failure {
  name?: unknown;
  code?: unknown;
  cause?: unknown;
  message?: unknown;
}

/** Whether an error says that time ran out; `AbortSignal.timeout` says it in the cause. */
export function isTimeOut(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code, cause } = error as Failure;
  if (name === 'TimeoutError' || TIME_OUT_CODES.has(code as string)) return true;
  return name === 'AbortError' && (cause as Failure | null | undefined)?.name === 'TimeoutError';
}

/** Whether an error says that somebody aborted: `AbortError`. */
function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as Failure;
  return name === 'AbortError' || code === 'ABORT_ERR' || code === 'UND_ERR_ABORTED';
}

/**
 * Whether a call that the application gave up fails just so: with an abort, as if the connection had been reset, or
 * with a reason of the application's own. Failures of Node and of libraries have a code.
 */
export function isLetGo(error: unknown): boolean {
  const { code } = (error ?? {}) as Failure;
  return isAbort(error) || typeof code !== 'string' || LET_GO_CODES.has(code);
}

/** An application's own words for a limit that ran out: an error made for this, and passed to `abort` or `destroy`. */
const IN_WORDS = /\btimed?[ -]?out\b|\bdeadline\b|\btoo (?:late|slow|long)\b/i;

function saysTimeOut(error: unknown): boolean {
  if (isTimeOut(error)) return true;
  const text = typeof error === 'string' ? error : (error as Failure | null | undefined)?.message;
  return typeof text === 'string' && text.length < 1_000 && IN_WORDS.test(text);
}

/**
 * The timer whose callback is running now; undefined outside of one. An interval is nobody's time-out.
 *
 * Relies on `Timeout` of lib/internal/timers.js, which Node runs as the execution's resource.
 */
function timerHere(): { ms: number; madeAt: number } | undefined {
  const resource = executionAsyncResource() as { _idleTimeout?: unknown; _idleStart?: unknown; _repeat?: unknown };
  const { _idleTimeout: ms, _idleStart: madeAt, _repeat: repeat } = resource;
  if (typeof ms !== 'number' || ms < 0 || repeat || resource.constructor?.name !== 'Timeout') return undefined;
  return { ms, madeAt: typeof madeAt === 'number' ? madeAt : NaN };
}

/** Whether a timer's callback is running. */
export function isInTimer(): boolean {
  return timerHere() !== undefined;
}

let clockOffset: number | undefined;

/** What to add to `_idleStart` of a timer, in whole milliseconds, for `performance.now()`. */
function timerClock(): number {
  if (clockOffset === undefined) {
    const probe = setTimeout(() => {}, 0) as unknown as { _idleStart: number };
    clockOffset = performance.now() - probe._idleStart;
    clearTimeout(probe as never);
  }
  return clockOffset;
}

/** Between a timer and the call it is for: the time that the code between them takes. */
const NEAR_MS = 5;

/**
 * When a call began, as far as timers tell it: a timer is a limit of this call when it was made just before it by the
 * same piece of code (`setTimeout(() => controller.abort(), 500); fetch(…)`), or by the client while it started. One
 * that was made later, or for something else, belongs to a debounce, to a user who leaves, to the end of the process.
 *
 * Timers and calls are put in order by their asynchronous ids, which Node counts up.
 */
export class CallStart {
  readonly #execution = executionAsyncId();
  // Destroyed by nobody: no hook of the application's is called for its end.
  readonly #id = new AsyncResource('foreshock.call', { requireManualDestroy: true }).asyncId();
  readonly #at = performance.now();
  #startedIn = -1;
  #announced: { execution: number; ms: number } | undefined;

  /** The client starts it here: node-fetch 2 and request make their timers once there is a socket. */
  continued(): void {
    this.#startedIn = executionAsyncId();
  }

  /** A time-out of its connection is being announced to the application. */
  announced(): void {
    const timer = timerHere();
    if (timer) this.#announced = { execution: executionAsyncId(), ms: timer.ms };
  }

  /**
   * The limit of this call that runs out here, in milliseconds; undefined: the application has another reason.
   *
   * @param error what the application, or the client, gives as the reason
   */
  limitHere(error: unknown): number | undefined {
    const timer = timerHere();
    if (!timer) return undefined;
    if (this.#announced?.execution === executionAsyncId()) return this.#announced.ms;
    return saysTimeOut(error) || this.#isOwn(timer.madeAt) ? timer.ms : undefined;
  }

  #isOwn(madeAt: number): boolean {
    const madeIn = triggerAsyncId();
    if (madeIn !== 0 && madeIn === this.#startedIn) return true;
    const before = this.#id - executionAsyncId();
    if (madeIn !== this.#execution || before < 0) return false;
    // All that follows an `await` runs in execution 0: next to each other, or at the same time.
    return madeIn !== 0 || before === 1 || this.#at - (madeAt + timerClock()) <= NEAR_MS;
  }
}
