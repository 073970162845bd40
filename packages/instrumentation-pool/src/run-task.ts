import { types } from 'node:util';
import { report, type AnyFunction } from '@foreshock/kit';
import type { LimitedTask } from './events.ts';

/** It holds its slot until settled. */
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
    // A subclass may override `then`. The limiter handles rejections too: none is hidden.
    if (types.isPromise(result)) void Promise.prototype.then.call(result, finished, finished);
    // Other thenables' `then` may start work, as query builders'.
    else if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') task.endUnseen();
    else finished();
  } catch (error) {
    report('limiter', error);
  }
  return result;
}
