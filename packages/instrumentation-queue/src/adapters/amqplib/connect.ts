import type { Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';

/**
 * `connect` of lib/connect.js, below both APIs: (url, options, callback). Whatever happens on a connection is in no
 * request, not even in the one that happened to open it; only that it is open is told where it was asked for.
 */
export function observeConnect(exports: { connect: unknown }, queue: QueueEvents, hooks: Hooks): void {
  hooks.wrap(exports, 'connect', (original) => {
    return function (this: unknown, ...args: unknown[]) {
      if (!hooks.active) return original.apply(this, args);
      const given = args.map((each) => (typeof each === 'function' ? queue.bind(each as () => unknown) : each));
      return queue.detached(original, this, given);
    };
  });
}
