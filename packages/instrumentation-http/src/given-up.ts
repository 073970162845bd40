import { AsyncResource, executionAsyncId, executionAsyncResource, triggerAsyncId } from 'node:async_hooks';

/** Of the kernel, got, request, Node's happy eyeballs, agentkeepalive, undici. */
const TIME_OUT_CODES = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_SOCKET_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** Aborts of Node, undici and axios, and locally closed connections. */
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

/** `AbortSignal.timeout` may be the cause. */
export function isTimeOut(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code, cause } = error as Failure;
  if (name === 'TimeoutError' || TIME_OUT_CODES.has(code as string)) return true;
  return name === 'AbortError' && (cause as Failure | null | undefined)?.name === 'TimeoutError';
}

export function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as Failure;
  return name === 'AbortError' || code === 'ABORT_ERR' || code === 'UND_ERR_ABORTED';
}

/** An abort, reset, or the application's reason; other failures have codes. */
export function isLetGo(error: unknown): boolean {
  const { code } = (error ?? {}) as Failure;
  return isAbort(error) || typeof code !== 'string' || LET_GO_CODES.has(code);
}

/** What applications pass to `abort` or `destroy`. */
const IN_WORDS = /\btimed?[ -]?out\b|\bdeadline\b|\btoo (?:late|slow|long)\b/i;

function saysTimeOut(error: unknown): boolean {
  if (isTimeOut(error)) return true;
  const text = typeof error === 'string' ? error : (error as Failure | null | undefined)?.message;
  return typeof text === 'string' && text.length < 1_000 && IN_WORDS.test(text);
}

interface Timer {
  readonly ms: number;
  /** The loop's clock, ms. */
  readonly madeAt: number;
  readonly callback: unknown;
}

/** Not intervals. `Timeout` of lib/internal/timers.js is the execution's resource. */
function timerHere(): Timer | undefined {
  const resource = executionAsyncResource() as Partial<Record<'_idleTimeout' | '_idleStart' | '_repeat', unknown>> & {
    _onTimeout?: unknown;
  };
  const { _idleTimeout: ms, _idleStart: madeAt, _repeat: repeat } = resource;
  if (typeof ms !== 'number' || ms < 0 || repeat || resource.constructor?.name !== 'Timeout') return undefined;
  return { ms, madeAt: typeof madeAt === 'number' ? madeAt : NaN, callback: resource._onTimeout };
}

/**
 * `AbortSignal.timeout`: its source in lib/internal/abort_controller.js names the error. Clients abort with their own.
 */
function namesTimeOut(callback: unknown): boolean {
  return typeof callback === 'function' && Function.prototype.toString.call(callback).includes(`'TimeoutError'`);
}

export function isInTimer(): boolean {
  return timerHere() !== undefined;
}

let clockOffset: number | undefined;

/** From `_idleStart` to `performance.now()`. */
function timerClock(): number {
  if (clockOffset === undefined) {
    const probe = setTimeout(() => {}, 0) as unknown as { _idleStart: number };
    clockOffset = performance.now() - probe._idleStart;
    clearTimeout(probe as never);
  }
  return clockOffset;
}

/** Between timer and call. */
const NEAR_MS = 5;
const NEAR_PART = 0.1;
/** `setTimeout(…, 0)` is no limit. */
const LEAST_MS = 2;

/** Shared with timers. */
function nextAsyncId(): number {
  const resource = new AsyncResource('foreshock.call', { requireManualDestroy: true });
  // The application's hooks keep it otherwise.
  resource.emitDestroy();
  return resource.asyncId();
}

/**
 * A timer is a call's limit if made just before the call or its end by the same execution, or by the client at the
 * start. Asynchronous ids give the order.
 */
export class CallStart {
  readonly #execution = executionAsyncId();
  readonly #at = performance.now();
  /** Infinity until the head. */
  #id = Infinity;
  #startedIn = -1;
  #announced: { execution: number; ms: number } | undefined;

  /** Head written, or request queued. */
  asked(): void {
    if (this.#id === Infinity) this.#id = nextAsyncId();
  }

  /** node-fetch 2 and request make timers once there is a socket. */
  continued(): void {
    this.#startedIn = executionAsyncId();
  }

  /** A time-out of the connection is announced. */
  announced(): void {
    const timer = timerHere();
    if (timer) this.#announced = { execution: executionAsyncId(), ms: timer.ms };
  }

  get announcedMs(): number | undefined {
    return this.#announced?.ms;
  }

  /**
   * ms; undefined for other reasons.
   *
   * @param error by the application or client
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
    // After an `await`, execution is 0.
    if (madeIn !== 0 || before === 1) return true;
    return this.#at - (madeAt + timerClock()) <= Math.max(NEAR_MS, ms * NEAR_PART);
  }
}
