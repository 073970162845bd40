import { types } from 'node:util';
import { guard } from '@foreshock/kit';
import type { Returned, Run } from './events.ts';

/**
 * Ends a run with what it returned.
 *
 * @param result what it returned; it stays as it is
 * @param fn what returned it
 */
export function endWith(run: Run, result: unknown, fn: Function, returned: Returned): void {
  const succeeded = (): void => void guard('the end of a job', () => run.ended());
  const failed = (error: unknown): void => void guard('the end of a job', () => run.ended({ thrown: error }));
  // Any other thenable may do its work when its `then` is called, and again each time.
  if (!types.isPromise(result)) {
    succeeded();
  } else if (returned === 'handled') {
    // Not the promise's own `then`: a subclass may have put something behind it.
    Promise.prototype.then.call(result, succeeded, failed);
  } else if (types.isAsyncFunction(fn)) {
    // No other code has this promise: the unhandled rejection is that of the one made here.
    void Promise.prototype.then.call(result, succeeded, (error: unknown) => {
      failed(error);
      throw error;
    });
  } else {
    // The application may hold it and handle its rejection: a handler of ours would change what is unhandled.
    succeeded();
  }
}
