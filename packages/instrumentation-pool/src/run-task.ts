import { types } from 'node:util';
import { guard } from '@foreshock/kit';
import type { LimitedTask } from './events.ts';

type AnyFunction = (this: any, ...args: any[]) => any;

/** Runs a task where its caller was; it holds its slot until what it returned has settled. */
export function runTask(task: LimitedTask, fn: AnyFunction, self: unknown, args: unknown[]): unknown {
  guard('limiter', () => task.started());
  const finished = (): void => void guard('limiter', () => task.finished());
  let result;
  try {
    result = task.resume(fn, self, args);
  } catch (error) {
    finished();
    throw error;
  }
  // The limiter itself waits for it, so nobody misses a rejection.
  if (types.isPromise(result)) result.then(finished, finished);
  // To call the `then` of anything else may set it off: query builders begin so.
  else if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    guard('limiter', () => task.endUnseen());
  } else finished();
  return result;
}
