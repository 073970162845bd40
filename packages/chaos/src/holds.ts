import type { Hooks } from '@foreshock/kit';
import type { Faults } from './faults.ts';
import { onLibrary } from './library.ts';
import { pooledTarget } from './pool-target.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

/** A waiting caller (`PendingItem`, pg-pool/index.js). */
interface PendingItem {
  callback: Callback;
  timedOut: boolean;
}

type Callback = (this: unknown, ...args: any[]) => unknown;

/** Delays the caller as if other work held its granted connection. */
export function hookGrants(faults: Faults, spans: SpansUnderWay, hooks: Hooks): void {
  const hold = (connection: object | undefined, go: () => unknown): unknown => {
    const target = pooledTarget(connection);
    const fault = connection && faults.at(['pool'], target).find(({ plan }) => plan.fault === 'hold');
    if (!fault?.takes()) return go();
    const caller = spans.caller();
    const ms = fault.delayMs();
    fault.injected(target, caller ? [caller] : [], ms);
    return fault.putOff(ms, go);
  };

  const wrapAcquireClient = (prototype: any): void =>
    hooks.wrap(prototype, '_acquireClient', (original) => {
      return function (this: unknown, client: { release?: () => void }, item: PendingItem, ...rest: unknown[]) {
        const { callback } = item;
        item.callback = function (...args) {
          return hold(client, () => {
            // The caller has timed out meanwhile.
            if (item.timedOut) client.release?.();
            else callback.apply(this, args);
          });
        };
        return original.call(this, client, item, ...rest);
      };
    });
  onLibrary(hooks, 'pg-pool/index.js', ({ exports }) => wrapAcquireClient(exports.prototype));

  const wrapGetConnection = (prototype: any): void =>
    hooks.wrap(prototype, 'getConnection', (original) => {
      return function (this: unknown, callback: Callback, ...rest: unknown[]) {
        const held: Callback = function (error, connection) {
          return hold(connection, () => callback.call(this, error, connection));
        };
        return original.call(this, held, ...rest);
      };
    });
  for (const file of ['mysql2/lib/pool.js', 'mysql2/lib/base/pool.js']) {
    onLibrary(hooks, file, ({ exports: { prototype } }) => {
      if (Object.hasOwn(prototype, 'getConnection')) wrapGetConnection(prototype);
    });
  }

  // `acquire` returns a promise, or has one (tarn/dist/PendingOperation.js).
  const later = (promise: PromiseLike<object>): Promise<object> =>
    Promise.resolve(promise).then((resource) => new Promise((give) => hold(resource, () => give(resource))));
  onLibrary(hooks, 'generic-pool/lib/Pool.js', ({ exports }) =>
    hooks.wrap(exports.prototype, 'acquire', (original) => {
      return function (this: unknown, ...args: unknown[]) {
        return later(original.apply(this, args));
      };
    }),
  );
  onLibrary(hooks, 'tarn/dist/Pool.js', ({ exports: { Pool } }) =>
    hooks.wrap(Pool.prototype, 'acquire', (original) => {
      return function (this: unknown, ...args: unknown[]) {
        const pending = original.apply(this, args);
        pending.promise = later(pending.promise);
        return pending;
      };
    }),
  );
}
