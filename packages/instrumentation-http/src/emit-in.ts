import { methodIn, report, type Hooks } from '@foreshock/kit';
import type { Place } from './events.ts';

interface Emitter {
  emit(event: PropertyKey, ...args: any[]): boolean;
  listenerCount(event: PropertyKey): number;
}

/** Before the application's. */
type Listener<M> = (message: M, event: PropertyKey, args: ArrayLike<any>) => void;

/** Patches the object: most messages have no listeners, which stay unwrapped. */
export function emitIn<M extends Emitter>(message: M, place: Place, listener?: Listener<M>): void {
  const { emit } = message;
  // From copies and prints.
  Object.defineProperty(message, 'emit', {
    configurable: true,
    writable: true,
    enumerable: false,
    value: methodIn(emit, (_self: M, args) => {
      try {
        listener?.(message, args[0], args);
      } catch (error) {
        report('an event of an HTTP message', error);
      }
      return place.context;
    }),
  });
}

/** `once` and `prependOnceListener` call these. */
const ADD_LISTENER = ['on', 'addListener', 'prependListener'] as const;

/** {@link emitIn} once the application listens. */
export function emitInOnceListened<M extends Emitter & Record<(typeof ADD_LISTENER)[number], unknown>>(
  prototype: M,
  hooks: Hooks,
  placeOf: (message: M) => Place | undefined,
): void {
  // Every listener: `hooks.wrap` is cheaper.
  for (const name of ADD_LISTENER) {
    hooks.wrap(prototype, name, (original) => {
      return function (this: M, event: PropertyKey, listener: unknown) {
        const place = placeOf(this);
        if (place && hooks.active && !Object.hasOwn(this, 'emit')) emitIn(this, place);
        return original.call(this, event, listener);
      };
    });
  }
}
