import { bindOnce, detached, type Hooks, type LoadedModule } from '@foreshock/kit';

type Class = new (...args: any[]) => object;

/**
 * A connection opens its socket in its constructor, and all that it does by itself runs where that was. The constructor
 * cannot be wrapped in place; the base class of all connections is exported to mysql2's own files alone (the class
 * itself before 3.11.5), and each of them calls it.
 */
export function detachConnections({ exports: Connection, replaceExports }: LoadedModule, hooks: Hooks): void {
  replaceExports?.(
    new Proxy(Connection as Class, {
      construct(target, args, newTarget: Class) {
        if (!hooks.active) return Reflect.construct(target, args, newTarget);
        return detached(Reflect.construct, undefined, [target, args, newTarget]) as object;
      },
    }),
  );

  // `connect(callback)` listens to what the socket says.
  hooks.before(Connection.prototype, 'connect', (_connection, args) => {
    if (typeof args[0] === 'function') args[0] = bindOnce(args[0]);
  });
}
