import { types } from 'node:util';
import { report, type AnyFunction } from '@foreshock/kit';
import type { LimitedTask } from './events.ts';

/** Runs a task where its caller is; it holds its slot until what it returned has settled. */
export function runTask(task: LimitedTask, fn: AnyFunction, self: unknown, args: unknown[]): unknown {
  try {
    task.started();
  } catch (error) {
    report('limiter', error);
  }
  const finished = (): void => {
    try {
      task.finished();
    } catch (error) {
      report('limiter', error);
    }
  };
  let result: unknown;
  try {
    result = task.run(fn, self, args);
  } catch (error) {
    finished();
    throw error;
  }
  try {
    // Not the promise's own `then`: a subclass may have put something behind it. The limiter waits for it too, so that
    // no rejection is hidden.
    if (types.isPromise(result)) void Promise.prototype.then.call(result, finished, finished);
    // The `then` of anything else may begin its work: a query builder's does.
    else if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') task.endUnseen();
    else finished();
  } catch (error) {
    report('limiter', error);
  }
  return result;
}
