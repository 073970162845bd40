import { bind, type Hooks } from '@foreshock/kit';

type Method = (...args: unknown[]) => unknown;
type Run = (method: Method, collection: object, args: unknown[]) => unknown;

interface Collection {
  queue: [name: string | Method, args: unknown[]][];
}

/**
 * Before 9, mongoose runs calls queued until the connection opened where it opened (mongoose/lib/collection.js). It
 * finds entries by name and arguments, which stay.
 */
export function keepQueuedCallers(hooks: Hooks): void {
  const callers = new WeakMap<unknown[], Run>();
  hooks.onLoad(
    'mongoose/lib/collection.js',
    ({ exports: { prototype } }) => {
      hooks.before(prototype, 'addQueue', (_collection, [, args]: [unknown, unknown[] | undefined]) => {
        if (args)
          callers.set(
            args,
            bind<Run>((method, collection, given) => method.apply(collection, given)),
          );
      });
      hooks.before(prototype, 'doQueue', ({ queue }: Collection) => {
        for (const entry of queue) {
          const [name, args] = entry;
          const run = callers.get(args);
          if (!run || typeof name === 'function') continue;
          entry[0] = function (this: Record<string, Method>, ...given) {
            return run(this[name]!, this, given);
          };
        }
      });
    },
    { versions: '>=7.0.0 <10' },
  );
}
