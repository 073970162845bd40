import { bindOnce, detached, guard, type Hooks, type LoadedModule } from '@foreshock/kit';
import { observeOpening } from './opening.ts';

type Class = new (...args: any[]) => object;

/** The socket keeps its constructor's context. The base class is not exported. */
export function detachConnections({ exports: Connection, replaceExports }: LoadedModule, hooks: Hooks): void {
  replaceExports?.(
    (original) =>
      new Proxy(original as Class, {
        construct(target, args, newTarget: Class) {
          if (!hooks.active) return Reflect.construct(target, args, newTarget);
          const connection = detached(Reflect.construct, undefined, [target, args, newTarget]) as object;
          guard('mysql2 connect', () => observeOpening(connection));
          return connection;
        },
      }),
  );

  hooks.before(Connection.prototype, 'connect', (_connection, args) => {
    if (typeof args[0] === 'function') args[0] = bindOnce(args[0]);
  });
}
