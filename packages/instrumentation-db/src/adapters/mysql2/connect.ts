import { runDetached, type Hooks, type LoadedModule } from '@foreshock/kit';
import type { DbEvents } from '../../events.ts';

type Class = new (...args: any[]) => object;

/**
 * A connection opens its socket in its constructor, and all that it does by itself runs where that was. The constructor
 * cannot be wrapped in place; the base class of all connections is exported to mysql2's own files alone (the class
 * itself before 3.11.5), and each of them calls it.
 */
export function detachConnections(
  { exports: Connection, replaceExports }: LoadedModule,
  db: DbEvents,
  hooks: Hooks,
): void {
  replaceExports?.(
    new Proxy(Connection as Class, {
      construct(target, args, newTarget: Class) {
        if (!hooks.active) return Reflect.construct(target, args, newTarget);
        return runDetached(Reflect.construct, undefined, [target, args, newTarget]) as object;
      },
    }),
  );

  // `connect(callback)` listens to what the socket says.
  hooks.wrap(Connection.prototype, 'connect', (original) => {
    return function (this: unknown, callback: unknown, ...rest: unknown[]) {
      const bound = hooks.active && typeof callback === 'function' ? db.bind(callback as () => void) : callback;
      return original.call(this, bound, ...rest);
    };
  });
}
