import { types } from 'node:util';
import { guard } from '@foreshock/kit';
import type { Returned, Run } from './events.ts';

/**
 * @param result returned unchanged
 * @param fn that returned it
 */
export function endWith(run: Run, result: unknown, fn: Function, returned: Returned): void {
  const succeeded = (): void => void guard('the end of a job', () => run.ended());
  const failed = (error: unknown): void => void guard('the end of a job', () => run.ended({ thrown: error }));
  // Another thenable's `then` may restart its work.
  if (!types.isPromise(result)) {
    succeeded();
  } else if (returned === 'handled') {
    // A subclass may override `then`.
    Promise.prototype.then.call(result, succeeded, failed);
  } else if (types.isAsyncFunction(fn)) {
    // No other code has this promise; rejections stay unhandled through the new one.
    void Promise.prototype.then.call(result, succeeded, (error: unknown) => {
      failed(error);
      throw error;
    });
  } else {
    // `then` would change what is unhandled.
    succeeded();
  }
}
