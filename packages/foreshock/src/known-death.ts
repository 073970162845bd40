import { performance } from 'node:perf_hooks';
import { constants } from 'node:os';
import type { SpanContext } from '@opentelemetry/api';
import { diedSpan, hrTime, type ProcessDeath } from '@foreshock/export';
import { errorMessageOf, errorTypeOf, exceptionTextOf, guard, noteError } from '@foreshock/kit';

type Noted = Pick<ProcessDeath, 'cause' | 'evidence' | 'attributes' | 'events'>;

/** `TriggerUncaughtException` (src/node_errors.cc of Node 22 to 26) reads it; true: handled. */
type OnUncaught = (error: unknown, fromPromise: boolean) => boolean;
interface Fatal {
  _fatalException: OnUncaught;
}

const MAX_STACK = 8_192;

/** Why the process ends: uncaught error, signal, `process.abort`. */
export class KnownDeath {
  #noted: Noted | undefined;

  /** @param end runs before an abort */
  constructor(end: () => void) {
    this.#watchErrors();
    const { abort } = process;
    process.abort = {
      abort: (): never => {
        guard('before the process aborts', () => {
          this.#noted = { cause: 'abort', evidence: 'process.abort() was called', attributes: {}, events: [] };
          end();
        });
        return abort.call(process);
      },
    }.abort;
  }

  bySignal(signal: number): void {
    const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? String(signal);
    const attributes = { 'error.type': name };
    this.#noted = { cause: 'signal', evidence: `ended by ${name}`, attributes, events: [] };
  }

  /** Undefined for a signal without open spans: a normal end. */
  span(interrupted: readonly SpanContext[]): ReturnType<typeof diedSpan> | undefined {
    const noted = this.#noted;
    if (!noted || (noted.cause === 'signal' && interrupted.length === 0)) return undefined;
    const { exitCode } = process;
    const { timeOrigin } = performance;
    return diedSpan({
      ...noted,
      attributes: {
        'process.pid': process.pid,
        ...(noted.cause === 'uncaught_error' && typeof exitCode === 'number' && { 'process.exit.code': exitCode }),
        ...noted.attributes,
      },
      startedAt: timeOrigin,
      at: timeOrigin + performance.now(),
      interrupted,
    });
  }

  /**
   * 'uncaughtExceptionMonitor' is visible, `setUncaughtExceptionCaptureCallback` exclusive. Afterwards the process
   * ends, or the error was handled.
   */
  #watchErrors(): void {
    const fatal = process as unknown as Fatal;
    const original = fatal._fatalException;
    if (typeof original !== 'function') return;
    fatal._fatalException = (error, fromPromise) => {
      this.#noted = guard('an uncaught error', () => noteOf(error, fromPromise));
      const isHandled = original.call(process, error, fromPromise);
      if (isHandled) {
        if (this.#noted) noteError(`handled by a listener: ${this.#noted.evidence}`);
        this.#noted = undefined;
      }
      return isHandled;
    };
  }
}

function noteOf(error: unknown, fromPromise: boolean): Noted {
  const type = errorTypeOf(error);
  const message = errorMessageOf(error);
  const stack = error instanceof Error ? exceptionTextOf(error, error.message, error.stack).stack : undefined;
  const exception = {
    'exception.type': type,
    'exception.message': message,
    ...(stack !== undefined && { 'exception.stacktrace': stack.slice(0, MAX_STACK) }),
  };
  return {
    cause: 'uncaught_error',
    evidence: `${fromPromise ? 'unhandled rejection' : 'uncaught error'}: ${message || type}`,
    attributes: { 'error.type': type },
    events: [{ name: 'exception', time: hrTime(performance.timeOrigin + performance.now()), attributes: exception }],
  };
}
