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
export function isAbort(error: unknown): boolean {
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

interface Timer {
  readonly ms: number;
  /** In whole milliseconds of the loop's clock. */
  readonly madeAt: number;
  readonly callback: unknown;
}

/**
 * The timer whose callback is running now; undefined outside of one. An interval is nobody's time-out.
 *
 * Relies on `Timeout` of lib/internal/timers.js, which Node runs as the execution's resource.
 */
function timerHere(): Timer | undefined {
  const resource = executionAsyncResource() as Partial<Record<'_idleTimeout' | '_idleStart' | '_repeat', unknown>> & {
    _onTimeout?: unknown;
  };
  const { _idleTimeout: ms, _idleStart: madeAt, _repeat: repeat } = resource;
  if (typeof ms !== 'number' || ms < 0 || repeat || resource.constructor?.name !== 'Timeout') return undefined;
  return { ms, madeAt: typeof madeAt === 'number' ? madeAt : NaN, callback: resource._onTimeout };
}

/**
 * Whether a timer is one of `AbortSignal.timeout`, or says itself that it is a time-out: clients abort with errors of
 * their own when a signal does. The source of lib/internal/abort_controller.js names the error.
 */
function namesTimeOut(callback: unknown): boolean {
  return typeof callback === 'function' && Function.prototype.toString.call(callback).includes(`'TimeoutError'`);
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

/**
 * Between a timer and the call it is for: the time that the code between them takes. What is short beside a limit is
 * no other piece of work either.
 */
const NEAR_MS = 5;
const NEAR_PART = 0.1;
/** `setTimeout(…, 0)` is soon, and no limit. */
const LEAST_MS = 2;

/** A number of the counter that timers have theirs from. */
function nextAsyncId(): number {
  const resource = new AsyncResource('foreshock.call', { requireManualDestroy: true });
  // Hooks of an application keep what is created until it is destroyed.
  resource.emitDestroy();
  return resource.asyncId();
}

/**
 * When a call began, as far as timers tell it: a timer is a limit of this call when the same piece of code made it
 * just before the call (`setTimeout(() => controller.abort(), 500); fetch(…)`), or before it ended the request, or the
 * client did while it started. One that was made later, or for something else, belongs to a debounce, to a user who
 * leaves, to the end of the process.
 *
 * Timers and calls are put in order by their asynchronous ids, which Node counts up.
 */
export class CallStart {
  readonly #execution = executionAsyncId();
  readonly #at = performance.now();
  /** Infinity until its head is written. */
  #id = Infinity;
  #startedIn = -1;
  #announced: { execution: number; ms: number } | undefined;

  /** Its head is written, or it waits for a connection. */
  asked(): void {
    if (this.#id === Infinity) this.#id = nextAsyncId();
  }

  /** The client starts it here: node-fetch 2 and request make their timers once there is a socket. */
  continued(): void {
    this.#startedIn = executionAsyncId();
  }

  /** A time-out of its connection is being announced to the application. */
  announced(): void {
    const timer = timerHere();
    if (timer) this.#announced = { execution: executionAsyncId(), ms: timer.ms };
  }

  /** Of the last time-out that was announced. */
  get announcedMs(): number | undefined {
    return this.#announced?.ms;
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
    return saysTimeOut(error) || namesTimeOut(timer.callback) || this.#isOwn(timer) ? timer.ms : undefined;
  }

  #isOwn({ ms, madeAt }: Timer): boolean {
    if (ms < LEAST_MS) return false;
    const madeIn = triggerAsyncId();
    if (madeIn !== 0 && madeIn === this.#startedIn) return true;
    const before = this.#id - executionAsyncId();
    if (madeIn !== this.#execution || before < 0) return false;
    // All that follows an `await` runs in execution 0: next to each other, or at the same time.
    if (madeIn !== 0 || before === 1) return true;
    return this.#at - (madeAt + timerClock()) <= Math.max(NEAR_MS, ms * NEAR_PART);
  }
}
