import { executionAsyncResource } from 'node:async_hooks';

/** Codes of a time-out: the kernel's, got's and request's, Node's happy eyeballs, undici's three. */
const TIME_OUT_CODES = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

interface Failure {
  name?: unknown;
  code?: unknown;
  cause?: unknown;
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
  return name === 'AbortError' || code === 'ABORT_ERR';
}

/** Whether a call that was let go of fails so: with an abort, or as if the connection had been reset. */
export function isLetGo(error: unknown): boolean {
  return isAbort(error) || (error as Failure | undefined)?.code === 'ECONNRESET';
}

/**
 * How long the timer ran whose callback is running now, in milliseconds; undefined outside of one. It tells
 * `setTimeout(() => controller.abort(), 500)` and `req.setTimeout(500, () => req.destroy())` from a caller
 * who changed its mind. An interval is nobody's time-out.
 *
 * Relies on `Timeout` of lib/internal/timers.js, which Node runs as the execution's resource.
 */
export function timerHere(): number | undefined {
  const resource = executionAsyncResource() as { _idleTimeout?: unknown; _onTimeout?: unknown; _repeat?: unknown };
  const { _idleTimeout: ms, _repeat: repeat } = resource;
  return typeof ms === 'number' && ms >= 0 && !repeat && resource.constructor?.name === 'Timeout' ? ms : undefined;
}
