import { types } from 'node:util';
import { guard, whenSettled, type AnyFunction } from '@foreshock/kit';
import type { LimitedTask } from './events.ts';

/** Runs a task where its caller is; it holds its slot until what it returned has settled. */
export function runTask(task: LimitedTask, fn: AnyFunction, self: unknown, args: unknown[]): unknown {
  guard('limiter', () => task.started());
  const finished = (): void => task.finished();
  let result;
  try {
    result = task.run(fn, self, args);
  } catch (error) {
    guard('limiter', finished);
    throw error;
  }
  // The limiter itself waits for it, so no rejection is hidden.
  if (types.isPromise(result)) return whenSettled(result, finished, finished);
  // To call the `then` of anything else may set it off: query builders begin so.
  const isThenable = typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
  guard('limiter', () => (isThenable ? task.endUnseen() : task.finished()));
  return result;
}
