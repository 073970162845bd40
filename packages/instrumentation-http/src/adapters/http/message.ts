import { report, type Hooks, type Runner } from '@foreshock/kit';

interface Emitter {
  emit(event: PropertyKey, ...args: any[]): boolean;
  listenerCount(event: PropertyKey): number;
}

/** Hears an event before the application's listeners do. */
type Hear<M> = (message: M, event: PropertyKey, args: ArrayLike<any>) => void;

/**
 * Lets the listeners of one message run in its place. On the object and not on the prototype: every message emits
 * many events, and few have listeners of the application's. Nothing is bound, every listener stays what it was.
 */
export function emitIn<M extends Emitter>(message: M, place: Runner, hear?: Hear<M>): void {
  const { emit } = message;
  // Not enumerable: nothing that copies or prints a message sees it.
  Object.defineProperty(message, 'emit', {
    configurable: true,
    writable: true,
    enumerable: false,
    value: function (this: M, event: PropertyKey) {
      if (hear) {
        try {
          hear(message, event, arguments);
        } catch (error) {
          report('an event of an HTTP message', error);
        }
      }
      return place.run(emit, this, arguments as never);
    },
  });
}

/** The three that others (`once`, `prependOnceListener`) go through. */
const ADD_LISTENER = ['on', 'addListener', 'prependListener'] as const;

/** Puts {@link emitIn} on messages once the application listens to them. */
export function emitInOnceHeard<M extends Emitter & Record<(typeof ADD_LISTENER)[number], unknown>>(
  prototype: M,
  hooks: Hooks,
  placeOf: (message: M) => Runner | undefined,
): void {
  // By hand, as each listener of each message comes by here.
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
