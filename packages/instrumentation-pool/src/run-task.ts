import { types } from 'node:util';
import { report, type AnyFunction } from '@foreshock/kit';
import type { LimitedTask } from './events.ts';

/** The task holds its slot until its result settles. */
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
    // Not its own `then`, which a subclass may override. The limiter handles rejections too, so none is hidden.
    if (types.isPromise(result)) void Promise.prototype.then.call(result, finished, finished);
    // Another thenable's `then` may start its work, as in query builders.
    else if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') task.endUnseen();
    else finished();
  } catch (error) {
    report('limiter', error);
  }
  return result;
}
