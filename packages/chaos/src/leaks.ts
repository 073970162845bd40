import type { Hooks } from '@foreshock/kit';
import type { Faults } from './faults.ts';
import { onLibrary } from './library.ts';
import { pooledTarget } from './pool-target.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

/** Pools do not get released connections back, even after the fault. */
export function hookReleases(faults: Faults, spans: SpansUnderWay, hooks: Hooks): void {
  const leaks = (connection: object): boolean => {
    const target = pooledTarget(connection);
    const fault = faults.at(['pool'], target).find(({ plan }) => plan.fault === 'leak');
    if (!fault?.takes()) return false;
    const caller = spans.caller();
    fault.injected(target, caller ? [caller] : []);
    return true;
  };
  /** @param result for the caller of a leaked connection */
  const wrapRelease = (prototype: any, method: string, result?: unknown): void =>
    hooks.wrap(prototype, method, (original) => {
      return function (this: unknown, connection: object, ...rest: unknown[]) {
        return leaks(connection) ? result : original.call(this, connection, ...rest);
      };
    });

  // `_acquireClient` makes `client.release` per holder (pg-pool/index.js, 2 and 3).
  const wrapReleaseOnce = (prototype: any): void =>
    hooks.wrap(prototype, '_releaseOnce', (original) => {
      return function (this: unknown, client: object, ...rest: unknown[]) {
        const release = original.call(this, client, ...rest) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => (leaks(client) ? undefined : release(...args));
      };
    });
  onLibrary(hooks, 'pg-pool/index.js', ({ exports }) => wrapReleaseOnce(exports.prototype));
  // mysql2 2 and 3 call this from `connection.release()`.
  for (const file of ['mysql2/lib/pool.js', 'mysql2/lib/base/pool.js']) {
    onLibrary(hooks, file, ({ exports: { prototype } }) => {
      if (Object.hasOwn(prototype, 'releaseConnection')) wrapRelease(prototype, 'releaseConnection');
    });
  }
  onLibrary(hooks, 'tarn/dist/Pool.js', ({ exports }) => wrapRelease(exports.Pool.prototype, 'release', true));
  const released = Promise.resolve();
  onLibrary(hooks, 'generic-pool/lib/Pool.js', ({ exports }) => wrapRelease(exports.prototype, 'release', released));
}
